package layer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/reference"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/show"
)

// appFiles says what of the app's directory one sidecar names, in paths relative to it that no link is on the way to.
type appFiles struct {
	all      []string // files and directories, sorted
	programs []string // those that its commands run
	start    string   // the absolute path of what its command runs, in the app or a layer; "" where neither has it
}

// finder finds files in the app's directory, and nothing that is outside of it and of layers. In own, this buildpack's part of them,
// the app can find only what an earlier build has left.
type finder struct{ app, layers, own string }

// newFinder takes the app's directory, the one that holds every buildpack's layers, and the name of this buildpack's there. They
// are resolved, so that what leads out of them through a symbolic link can be told.
func newFinder(app, layers, own string) (finder, error) {
	app, err := filepath.EvalSymlinks(app)
	if err != nil {
		return finder{}, err
	}
	layers, err = filepath.EvalSymlinks(layers)
	return finder{app, layers, filepath.Join(layers, own)}, err
}

// find returns what s names in the app: its command's own file, its files, and what its commands name by the way. The first two have to
// be there.
func (f finder) find(s declare.Sidecar) (found appFiles, errs []error) {
	errs = f.findFiles(s, &found)
	if err := f.findStart(s, &found); err != nil {
		errs = append(errs, err)
	}
	s.WithCommands(func(argv []string) []string {
		for _, file := range reference.Files(argv) {
			f.findNamed(s, file, &found)
		}
		return argv
	})
	slices.Sort(found.all)
	found.all = slices.Compact(found.all)
	return found, errs
}

func (f finder) findFiles(s declare.Sidecar, found *appFiles) (errs []error) {
	for _, name := range s.Files {
		path := filepath.Clean(name)
		if path == "." || !filepath.IsLocal(path) {
			errs = append(errs, fmt.Errorf("sidecar %q: files: %q is not in the app's directory: name a file or directory below it", s.Name, name))
			continue
		}
		place, err := f.place(s, "files", path)
		if err != nil {
			errs = append(errs, err)
		} else if place != "" {
			found.all = append(found.all, place)
		}
	}
	return errs
}

// findStart finds the command's own file.
func (f finder) findStart(s declare.Sidecar, found *appFiles) error {
	path, err := f.command(s)
	if err != nil {
		return err
	}
	if path == "" {
		if _, in := below(f.layers, s.Command[0]); in {
			found.start = s.Command[0]
		}
		return nil
	}
	place, err := f.place(s, "command", path)
	if err != nil {
		return err
	}
	if place != "" {
		found.all, found.programs = append(found.all, place), append(found.programs, place)
	}
	found.start = filepath.Join(f.app, path)
	return nil
}

// findNamed finds what a command names by the way, if the app has it: it may as well be made at launch.
func (f finder) findNamed(s declare.Sidecar, file reference.File, found *appFiles) {
	if !filepath.IsLocal(file.Path) || !strings.Contains(file.Path, "/") {
		return
	}
	place, err := f.place(s, "command", filepath.Join(s.WorkingDir, file.Path))
	if err != nil || place == "" || place == "." {
		return
	}
	info, err := os.Stat(filepath.Join(f.app, place))
	if err != nil || !info.Mode().IsRegular() {
		return
	}
	found.all = append(found.all, place)
	if runs(file, filepath.Join(f.app, place)) && !slices.Contains(found.programs, place) {
		found.programs = append(found.programs, place)
	}
}

// command returns the app-relative path of the command's own file; "" where that is not the app's: a name to look for in
// PATH, or a place outside that the image provides.
func (f finder) command(s declare.Sidecar) (string, error) {
	name := s.Command[0]
	if !strings.Contains(name, "/") {
		return "", nil
	}
	path := filepath.Join(f.app, s.WorkingDir, name)
	if filepath.IsAbs(name) {
		path = filepath.Clean(name)
	}
	if relative, in := below(f.app, path); in {
		return relative, nil
	}
	if filepath.IsAbs(name) {
		return "", nil
	}
	return "", fmt.Errorf("sidecar %q: command: %q leads to %s, outside the app's directory: "+
		"name a file in the app, or one of the image by its absolute path", s.Name, name, show.Text(path))
}

// place returns the app-relative place where the app-relative path, which key of s names, leads to through symbolic links;
// "" for one in a layer.
func (f finder) place(s declare.Sidecar, key, path string) (string, error) {
	resolved, err := filepath.EvalSymlinks(filepath.Join(f.app, path))
	if target, linked := f.linked(path); linked && errors.Is(err, fs.ErrNotExist) {
		resolved, err = target, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return "", f.missing(s, key, path)
	}
	if err != nil {
		return "", fmt.Errorf("sidecar %q: %s: %q can't be found: %w: check the path and the links along it", s.Name, key, path, err)
	}
	if _, in := below(f.own, resolved); in {
		return "", fmt.Errorf("sidecar %q: %s: %q is a link that an earlier build has left in the app, to %s: put the file itself there",
			s.Name, key, path, show.Text(resolved))
	}
	if _, in := below(f.layers, resolved); in {
		return "", nil
	}
	place, in := below(f.app, resolved)
	if !in {
		return "", fmt.Errorf("sidecar %q: %s: %q is a symbolic link that leads out of the app's directory, to %s: put the file itself there",
			s.Name, key, path, show.Text(resolved))
	}
	return place, nil
}

// encrypting is the buildpack that leaves nothing in the app's directory but its encrypted archive.
const encrypting = "paketo-buildpacks_encrypt-at-rest"

func (f finder) missing(s declare.Sidecar, key, path string) error {
	if _, err := os.Stat(filepath.Join(f.layers, encrypting)); err == nil {
		return fmt.Errorf("sidecar %q: %s: the app has no %q any more, since paketo-buildpacks/encrypt-at-rest has encrypted the app: "+
			"order this buildpack before that one", s.Name, key, path)
	}
	return MissingError{fmt.Sprintf("%s: sidecar %q: %s: %q", s.Origin, s.Name, key, path),
		fmt.Sprintf("sidecar %q: %s: the app has no %q: check the name, and whether an earlier buildpack has removed it "+
			"(those that build from source keep what BP_INCLUDE_FILES lists, such as BP_INCLUDE_FILES=%s)", s.Name, key, path, path)}
}

// MissingError says that a file isn't there which a sidecar names in the app.
type MissingError struct {
	What string // where it is named, and its path
	text string
}

func (e MissingError) Error() string { return e.text }

// linked returns where a link on the way to the app-relative path leads to, and whether that is a layer. What is in that can't be
// seen where the lifecycle reuses it.
func (f finder) linked(path string) (string, bool) {
	for ; path != "."; path = filepath.Dir(path) {
		if target, err := os.Readlink(filepath.Join(f.app, path)); err == nil {
			_, in := below(f.layers, target)
			return target, in
		}
	}
	return "", false
}

// below returns path relative to dir, and whether it lies in it.
func below(dir, path string) (string, bool) {
	relative, err := filepath.Rel(dir, path)
	return relative, err == nil && filepath.IsLocal(relative)
}
