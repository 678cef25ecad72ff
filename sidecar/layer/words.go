package layer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/declare"
)

// Settle gives the sidecars as they are to be in the image: what their commands name of what was downloaded is its absolute
// path. They name a program by its path or by its name alone, and anything by a path that begins with ./, wherever that stands.
func Settle(sidecars []declare.Sidecar, downloads []*Download) []declare.Sidecar {
	settled := slices.Clone(sidecars)
	for _, d := range downloads {
		i := slices.IndexFunc(sidecars, func(s declare.Sidecar) bool { return s.Name == d.sidecar.Name })
		settled[i] = sidecars[i].WithCommands(func(argv []string) []string {
			return d.replace(argv, func(word string) string {
				if found := d.found[word]; found != "" {
					return filepath.Join(d.dir, found)
				}
				return word
			})
		})
	}
	return settled
}

// reference finds a path that begins with ./ in a command's word, such as that of a shell's script, with what is before it.
var reference = regexp.MustCompile(`(^|[^-./\w])(\./[-.\w/+@]+)`)

// replace gives a command with what replacement makes of all that may name something downloaded. What runs is looked for there
// first, anything else in the app.
func (d *Download) replace(argv []string, replacement func(string) string) []string {
	replaced := slices.Clone(argv)
	for i, word := range argv {
		if i == 0 {
			if filepath.IsLocal(word) {
				replaced[i] = replacement(word)
			}
			continue
		}
		replaced[i] = reference.ReplaceAllStringFunc(word, func(found string) string {
			parts := reference.FindStringSubmatch(found)
			if !filepath.IsLocal(parts[2]) || d.appHas(parts[2]) {
				return found
			}
			return parts[1] + replacement(parts[2])
		})
	}
	return replaced
}

// words gives all that may name something downloaded, in the order of the commands.
func (d *Download) words() []string {
	var words []string
	d.sidecar.WithCommands(func(argv []string) []string {
		return d.replace(argv, func(word string) string {
			if !slices.Contains(words, word) {
				words = append(words, word)
			}
			return word
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
			d.logger.Bodyf("%s is %s", word, found)
		}
	}
	program := d.sidecar.Command[0]
	switch found := d.found[program]; {
	case found != "":
		return d.makeRunnable(all[slices.IndexFunc(all, func(f file) bool { return f.path == found })])
	case strings.Contains(program, "/") && filepath.IsLocal(program) && !d.appHas(program):
		return fmt.Errorf("the command's %q is neither in the app nor among what was downloaded: name one of %s", program, some(all))
	}
	return nil
}

// makeRunnable gives a program the run bits that archives made on Windows lack, though not one elsewhere that a link leads to.
func (d *Download) makeRunnable(program file) error {
	if program.runs {
		return nil
	}
	root, err := os.OpenRoot(d.dir)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := root.Chmod(program.path, 0o755); err != nil {
		return fmt.Errorf("the command's %q can't be run, nor be made runnable: %w: name another file", program.path, err)
	}
	return nil
}

// named gives the file that a command's word names: by its path, or by the end of its path where no other has the same, so
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
		paths = append(paths, f.path)
	}
	if more := len(all) - most; more > 0 {
		paths = append(paths, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(paths, ", ")
}
