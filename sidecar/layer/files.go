package layer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/declare"
)

// files says what of the app's directory one sidecar needs, in paths relative to it.
type files struct {
	paths      []string // files and directories that move to its layer
	executable string   // the command's own file; "" where the app doesn't have it
	program    string   // the absolute path of what the command runs, in the app or a layer; "" where neither has it
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

// find lists what s needs: its command's own file and what its files name. What is behind a symbolic link stays where it
// is: programs reached through one, such as node_modules/.bin/x, find their neighbours from where they really are.
func (f finder) find(s declare.Sidecar) (files, error) {
	var found files
	for _, name := range s.Files {
		path := filepath.Clean(name)
		if path == "." || !filepath.IsLocal(path) {
			return files{}, fmt.Errorf("sidecar %q: files: %q is not in the app's directory: name a file or directory below it", s.Name, name)
		}
		place, err := f.place(s, "files", path)
		if err != nil {
			return files{}, err
		}
		if place == path {
			found.paths = append(found.paths, path)
		}
	}
	path, err := f.command(s)
	if err != nil {
		return files{}, err
	}
	if path == "" {
		if _, in := below(f.layers, s.Command[0]); in {
			found.program = s.Command[0]
		}
		return found, nil
	}
	found.program = filepath.Join(f.app, path)
	if found.executable, err = f.place(s, "command", path); err != nil {
		return files{}, err
	}
	if found.executable == path {
		found.paths = append(found.paths, path)
	}
	return found, nil
}

// command gives the app-relative path of the command's own file; "" where that is not the app's: a name to look for in
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
		"name a file in the app, or one of the image by its absolute path", s.Name, name, path)
}

// place gives the app-relative place where the app-relative path, which key of s names, leads to through symbolic links;
// "" for one in a layer.
func (f finder) place(s declare.Sidecar, key, path string) (string, error) {
	resolved, err := filepath.EvalSymlinks(filepath.Join(f.app, path))
	if target, linked := f.linked(path); linked && errors.Is(err, fs.ErrNotExist) {
		resolved, err = target, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("sidecar %q: %s: the app has no %q: check the name, and whether an earlier buildpack has removed it "+
			"(those that build from source keep what BP_INCLUDE_FILES lists, such as BP_INCLUDE_FILES=%s)", s.Name, key, path, path)
	}
	if err != nil {
		return "", fmt.Errorf("sidecar %q: %s: %q can't be found: %w: check the path and the links along it", s.Name, key, path, err)
	}
	if _, in := below(f.own, resolved); in {
		return "", fmt.Errorf("sidecar %q: %s: %q is a link that an earlier build has left in the app, to %s: put the file itself there",
			s.Name, key, path, resolved)
	}
	if _, in := below(f.layers, resolved); in {
		return "", nil
	}
	place, in := below(f.app, resolved)
	if !in {
		return "", fmt.Errorf("sidecar %q: %s: %q is a symbolic link that leads out of the app's directory, to %s: put the file itself there",
			s.Name, key, path, resolved)
	}
	return place, nil
}

// linked gives where a link on the way to the app-relative path leads to, and whether that is a layer. What is in that can't be
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

// below gives path relative to dir and whether it lies in it.
func below(dir, path string) (string, bool) {
	relative, err := filepath.Rel(dir, path)
	return relative, err == nil && filepath.IsLocal(relative)
}

// share gives every path to the first who names it: what lies in what an earlier one has is left out, and what lies in
// what the same one names as well.
func share(all []files) {
	var owned []string
	for i := range all {
		slices.Sort(all[i].paths) // a directory before what is in it
		all[i].paths = slices.DeleteFunc(all[i].paths, func(path string) bool {
			if slices.ContainsFunc(owned, func(o string) bool { _, in := below(o, path); return in }) {
				return true
			}
			owned = append(owned, path)
			return false
		})
	}
}
