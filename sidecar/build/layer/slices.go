package layer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/buildpacks/libcnb/v2"
	"golang.org/x/sync/errgroup"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/binary"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/files"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/sbom"
)

// Slice holds the files of the app that one sidecar needs. They stay where they are and become an image layer of its own, which a
// build with other code in the app reuses: https://github.com/buildpacks/spec/blob/main/buildpack.md#launchtoml-toml.
type Slice struct {
	Sidecar string   // its name
	Paths   []string // files and directories, relative to the app's directory

	app      string
	origin   string
	programs []string // those of them that the sidecar's commands run
}

// NewSlices returns a slice for each sidecar that names files in app, the app's directory, and warnings, one a line; own is the name of
// this buildpack's directory among the target's layers. A file that isn't there, one that lies outside, and a program that can't run in the
// target, is an error; all of them are told at once.
func NewSlices(app, own string, target binary.Target, sidecars []declare.Sidecar) (found []Slice, warnings []string, err error) {
	finder, err := newFinder(app, target.Layers, own)
	if err != nil {
		return nil, nil, err
	}
	var errs []error
	for _, s := range sidecars {
		named, wrong := finder.find(s)
		told, unable := finder.check(s, named, target)
		for _, err := range append(wrong, unable...) {
			errs = append(errs, fmt.Errorf("%s: %w", s.Origin, err))
		}
		for _, warning := range told {
			warnings = append(warnings, fmt.Sprintf("%s: %s", s.Origin, warning))
		}
		if len(named.all) > 0 {
			found = append(found, Slice{s.Name, named.all, finder.app, s.Origin, named.programs})
		}
	}
	return share(found), warnings, errors.Join(errs...)
}

// share leaves every path to the first who names it, as the lifecycle does: what lies in what an earlier slice has is left out, and what
// lies in what the same one names as well.
func share(all []Slice) []Slice {
	var owned []string
	for i := range all {
		all[i].Paths = slices.DeleteFunc(all[i].Paths, func(path string) bool {
			if slices.ContainsFunc(owned, func(o string) bool { _, in := below(o, path); return in }) {
				return true
			}
			owned = append(owned, path)
			return false
		})
	}
	return all
}

// MakeRunnable lets everyone run what they may read of the programs: an app that was uploaded as a zip has lost its run bits.
func (s Slice) MakeRunnable() error {
	root, err := os.OpenRoot(s.app)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, path := range s.programs {
		if err := files.MakeRunnable(root, path); err != nil {
			return fmt.Errorf("%s: sidecar %q: command: %q can't be made runnable: %w: give it run bits", s.origin, s.Sidecar, path, err)
		}
	}
	return nil
}

// special escapes what path.Match reads as something else than itself.
var special = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`)

// Slice returns the slice as launch.toml has it, with patterns that each match one path.
func (s Slice) Slice() libcnb.Slice {
	patterns := make([]string, len(s.Paths))
	for i, path := range s.Paths {
		patterns[i] = special.Replace(path)
	}
	return libcnb.Slice{Paths: patterns}
}

// DescribeSlices writes the buildpack's bills of materials for the launch image, which tell what files of the app sidecars have.
func DescribeSlices(layers libcnb.Layers, all []Slice) error {
	var listed []described
	for _, s := range all {
		found, err := s.files()
		if err != nil {
			return s.notDescribed(err)
		}
		listed = append(listed, found...)
	}
	if len(listed) == 0 {
		return nil
	}
	components := make([][]sbom.Component, len(listed))
	var group errgroup.Group // to digest them is most of what a rebuild with large sidecars takes
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, f := range listed {
		group.Go(func() (err error) {
			if components[i], err = sbom.Describe(filepath.Join(f.of.app, f.path), f.path, f.program); err != nil {
				return f.of.notDescribed(err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return sbom.Write(layers.LaunchSBOMPath, "sidecars", slices.Concat(components...))
}

// described is a file of the app that a bill of materials is to have.
type described struct {
	of      Slice
	path    string // below the app
	program string // what it is called; empty where it isn't one
}

func (s Slice) notDescribed(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%s: sidecar %q: files: %w: let everyone read it, with chmod, or leave it out", s.origin, s.Sidecar, err)
	}
	return fmt.Errorf("writing the bill of materials of sidecar %q: %w", s.Sidecar, err)
}

// files returns the slice's files, and those in its directories.
func (s Slice) files() (all []described, err error) {
	for _, path := range s.Paths {
		err := filepath.WalkDir(filepath.Join(s.app, path), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			relative, err := filepath.Rel(s.app, path)
			f := described{of: s, path: relative}
			if slices.Contains(s.programs, relative) {
				f.program = filepath.Base(relative)
			}
			all = append(all, f)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}
