package layer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/files"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/reference"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/show"
)

// ResolveDownloads returns the sidecars with every reference to a downloaded file replaced by its absolute path in the image, and
// nothing to download any more.
func ResolveDownloads(sidecars []declare.Sidecar, downloads []*Download) []declare.Sidecar {
	resolved := slices.Clone(sidecars)
	for i := range resolved {
		resolved[i].Dependencies = nil
	}
	for _, d := range downloads {
		i := slices.IndexFunc(sidecars, func(s declare.Sidecar) bool { return s.Name == d.sidecar.Name })
		resolved[i] = resolved[i].WithCommands(func(argv []string) []string {
			return d.rewrite(argv, func(word string) string {
				if found := d.found[word]; found != "" {
					return filepath.Join(d.dir, found)
				}
				return ""
			})
		})
	}
	return resolved
}

// rewrite returns a command with what lookup returns for all that may name something downloaded: programs are looked for there first,
// anything else in the app.
func (d *Download) rewrite(argv []string, lookup func(word string) string) []string {
	return reference.Rewrite(argv, func(f reference.File) string {
		if !filepath.IsLocal(f.Path) || !f.Program && d.appHas(f.Path) {
			return ""
		}
		return lookup(f.Path)
	})
}

// words returns all that may name something downloaded, in the order of the commands.
func (d *Download) words() []string {
	var words []string
	d.sidecar.WithCommands(func(argv []string) []string {
		return d.rewrite(argv, func(word string) string {
			if !slices.Contains(words, word) {
				words = append(words, word)
			}
			return ""
		})
	})
	return words
}

func (d *Download) appHas(word string) bool {
	_, err := os.Stat(filepath.Join(d.app, d.sidecar.WorkingDir, word))
	return err == nil
}

// file is one that was downloaded.
type file struct {
	path string // below the directory of downloads
	runs bool
}

// listFiles lists the files in dir and below it, and the links there that lead to files, in the order of their paths.
func listFiles(dir string) ([]file, error) {
	var all []file
	err := filepath.WalkDir(dir, func(place string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := os.Stat(place)
		if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
			return nil
		}
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(dir, place)
		all = append(all, file{relative, info.Mode()&0o111 != 0})
		return err
	})
	return all, err
}

// find looks for what the commands name. A program that neither the downloads nor the app have is an error.
func (d *Download) find(all []file) error {
	for _, word := range d.words() {
		found, err := named(word, all)
		if err != nil {
			return err
		}
		if d.found[word] = found; found != "" {
			d.logger.Bodyf("%s is %s", show.Text(word), show.Text(found))
		}
	}
	program := d.sidecar.Command[0]
	if d.found[program] == "" && strings.Contains(program, "/") && filepath.IsLocal(program) && !d.appHas(program) {
		return fmt.Errorf("the command's %q is neither in the app nor among what was downloaded: name one of %s", program, some(all))
	}
	return d.makeRunnable()
}

// makeRunnable gives programs the run bits that archives made on Windows lack, though not those elsewhere that a link leads to.
func (d *Download) makeRunnable() error {
	root, err := os.OpenRoot(d.dir)
	if err != nil {
		return err
	}
	defer root.Close()
	var errs []error
	d.sidecar.WithCommands(func(argv []string) []string {
		for _, f := range reference.Files(argv) {
			found := d.found[f.Path]
			if found == "" || !runs(f, filepath.Join(d.dir, found)) {
				continue
			}
			if err := files.MakeRunnable(root, found); err != nil {
				errs = append(errs, fmt.Errorf("the command's %q can't be run, nor be made runnable: %w: name another file", found, err))
			}
		}
		return argv
	})
	return errors.Join(errs...)
}

// named returns the file that a command's word names: by its path, or by the end of its path where no other has the same, so
// that a directory with a version or an architecture in its name needs no mention. A word without a slash names only what runs.
func named(word string, all []file) (string, error) {
	ending := path.Clean(word)
	var found []file
	for _, f := range all {
		if !f.runs && !strings.Contains(word, "/") {
			continue
		}
		if f.path == ending {
			return f.path, nil
		}
		if strings.HasSuffix(f.path, "/"+ending) {
			found = append(found, f)
		}
	}
	if programs := slices.DeleteFunc(slices.Clone(found), func(f file) bool { return !f.runs }); len(programs) > 0 {
		found = programs
	}
	switch len(found) {
	case 0:
		return "", nil
	case 1:
		return found[0].path, nil
	}
	return "", fmt.Errorf("the command's %q can be several of what was downloaded: write more of the path: %s", word, some(found))
}

// some lists files, not too many for a message.
func some(all []file) string {
	const most = 20
	var paths []string
	for _, f := range all[:min(len(all), most)] {
		paths = append(paths, show.Text(f.path))
	}
	if more := len(all) - most; more > 0 {
		paths = append(paths, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(paths, ", ")
}
