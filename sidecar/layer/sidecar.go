// Package layer makes the buildpack's layers: one for the files of each sidecar, one for the supervisor.
package layer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/buildpacks/libcnb/v2"
	"github.com/heroku/color"
	"github.com/paketo-buildpacks/libpak/v2"
	"github.com/paketo-buildpacks/libpak/v2/log"

	"github.com/sidecar-buildpack/sidecar/sidecar/binary"
	"github.com/sidecar-buildpack/sidecar/sidecar/declare"
)

// Sidecar packages the files of one sidecar. A link stays at each one's place in the app, so that the command works
// unchanged. As the layer depends on nothing else, a rebuild with other code in the app reuses it.
type Sidecar struct {
	name       string
	finder     finder
	paths      []string
	executable string // the command's own file, if it is among them
	logger     log.Logger
}

// NewSidecars gives a contributor for each sidecar that has files in app, the app's directory; own is the name of this buildpack's
// directory among the target's layers. Two that name one file
// share the first one's copy. A file that isn't there, one that lies outside, and a program that can't run in the target,
// is an error.
func NewSidecars(
	app, own string, target binary.Target, sidecars []declare.Sidecar, logger log.Logger,
) ([]libpak.Contributable, error) {
	finder, err := newFinder(app, target.Layers, own)
	if err != nil {
		return nil, err
	}
	all := make([]files, len(sidecars))
	for i, s := range sidecars {
		if all[i], err = finder.find(s); err == nil {
			err = check(s, all[i].program, target, logger)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Origin, err)
		}
	}
	if err := makeRunnable(app, sidecars, all); err != nil {
		return nil, err
	}
	share(all)
	var contributors []libpak.Contributable
	for i, s := range sidecars {
		if len(all[i].paths) > 0 {
			contributors = append(contributors, Sidecar{declare.Slug(s.Name), finder, all[i].paths, all[i].executable, logger})
		}
	}
	return contributors, nil
}

// check looks into what a sidecar's command runs. What is in a layer that the lifecycle reuses isn't there to see, and has
// been seen at an earlier build; what may only be run can't be seen at all.
func check(s declare.Sidecar, program string, target binary.Target, logger log.Logger) error {
	if program == "" {
		return nil
	}
	if info, err := os.Stat(program); err == nil && !info.Mode().IsRegular() { // opening a pipe could wait for ever
		is := "a pipe, a socket or a device"
		if info.IsDir() {
			is = "a directory"
		}
		return fmt.Errorf("sidecar %q: command: %q is %s: name the file to run", s.Name, s.Command[0], is)
	}
	p, err := binary.Read(program)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("sidecar %q: command: %w", s.Name, err)
	}
	warning, err := target.Check(p)
	if err != nil {
		return fmt.Errorf("sidecar %q: command: %q %w", s.Name, s.Command[0], err)
	}
	if warning != "" {
		logger.Headerf("%s sidecar %q: command: %q %s", color.YellowString("Warning:"), s.Name, s.Command[0], warning)
	}
	return nil
}

// makeRunnable lets everyone run what they may read: an app that was uploaded as a zip has lost its run bits.
func makeRunnable(app string, sidecars []declare.Sidecar, all []files) error {
	root, err := os.OpenRoot(app)
	if err != nil {
		return err
	}
	defer root.Close()
	for i, f := range all {
		if f.executable == "" {
			continue
		}
		info, err := root.Stat(f.executable)
		if err != nil {
			return err
		}
		mode := info.Mode().Perm()
		if runnable := mode | mode&0o444>>2; runnable != mode {
			if err := root.Chmod(f.executable, runnable); err != nil {
				s := sidecars[i]
				return fmt.Errorf("%s: sidecar %q: command: %q can't be made runnable: %w: give it run bits", s.Origin, s.Name, f.executable, err)
			}
		}
	}
	return nil
}

// Name is the layer's name: the sidecar's, slugged.
func (s Sidecar) Name() string { return s.name }

// Contribute fills the layer where its content has changed since the last build, and links to it from the app.
func (s Sidecar) Contribute(layer *libcnb.Layer) error {
	root, err := os.OpenRoot(s.finder.app)
	if err != nil {
		return err
	}
	defer root.Close()
	tree := tree{s.finder, root, s.paths}
	digest, err := tree.digest()
	if err != nil {
		return s.failed(err)
	}
	contributor := libpak.NewLayerContributor(s.name, map[string]any{"content": digest}, libcnb.LayerTypes{Launch: true}, s.logger)
	// A subdirectory, since bin, lib, env, profile.d and exec.d of a layer's own mean something to the launcher.
	dir := filepath.Join(layer.Path, "files")
	err = contributor.Contribute(layer, func(layer *libcnb.Layer) error {
		for _, path := range s.paths {
			s.logger.Body(path)
		}
		if err := tree.copy(dir); err != nil {
			return err
		}
		return describe(*layer, s.name, dir, s.executable)
	})
	if err != nil {
		return s.failed(err)
	}
	if err := tree.leave(dir); err != nil {
		return s.failed(err)
	}
	return nil
}

func (s Sidecar) failed(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		err = fmt.Errorf("%w: the build must be able to read it and to put a link in its place: change its mode, or its directory's", err)
	}
	return fmt.Errorf("packaging the files of sidecar %q: %w", s.name, err)
}
