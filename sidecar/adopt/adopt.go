// Package adopt writes a first sidecar.toml from what other tools' files in an app say, and names what it cannot take over.
package adopt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Found is what one file says.
type Found struct {
	File     string
	App      []Key // of the [app] table
	Sidecars []Sidecar
	Lost     []string // what could not be taken over, a sentence each

	hasApp bool // one of its processes is taken for the app
}

// Sidecar is one process to write down.
type Sidecar struct {
	Name    string
	Keys    []Key
	Comment string   // why it is there, or what to check
	Notes   []string // what to think of, a line each
}

// Key is one of sidecar.toml's keys and its value, written as TOML.
type Key struct{ Name, Value string }

// mayEnd reports whether the sidecar is not started again after every end.
func (s Sidecar) mayEnd() bool { return !slices.Contains(s.Keys, Key{"restart", tomlOf("always")}) }

// set adds a key whose value is written as TOML.
func (s *Sidecar) set(name string, value any) { s.Keys = append(s.Keys, Key{name, tomlOf(value)}) }

// apps are what other tools' files call the app itself: web is its process type, and app is no sidecar's name.
var apps = []string{"web", "app"}

// ofTheApp are the keys that a sidecar and the app have in common, of those that are taken over.
var ofTheApp = []string{"depends-on", "stop-signal", "stop-grace-period-seconds", "readiness-probe"}

// takeApp takes a process for the app, of which a declaration says little. left are those of its keys that are none of ours.
func (f *Found) takeApp(who string, ours []Key, left []string) {
	f.App, f.hasApp = ours, true
	if len(left) > 0 {
		f.lose("%s is the app, whose command a buildpack or a Procfile gives, and whose variables the container has; left out: %s",
			who, strings.Join(left, ", "))
	}
}

// orTheApp puts a comment on each sidecar of a file that may have the app among its processes, where none is known to be it.
func (f *Found) orTheApp() {
	for i := range f.Sidecars {
		s := &f.Sidecars[i]
		var common []string
		for _, key := range s.Keys {
			if slices.Contains(ofTheApp, key.Name) {
				common = append(common, key.Name)
			}
		}
		switch {
		case f.hasApp:
		case len(common) == 0:
			s.Comment = ": remove it where it is the app itself"
		default:
			s.Comment = ": remove it where it is the app itself, and put its " + strings.Join(common, ", ") + " under [app]"
		}
	}
}

// lose names something that could not be taken over.
func (f *Found) lose(format string, args ...any) {
	f.Lost = append(f.Lost, fmt.Sprintf(format, args...))
}

// loseFor is lose where the reason is the same for many: it is told once.
func (f *Found) loseFor(reason, format string, args ...any) {
	lost := fmt.Sprintf(format, args...)
	for i, others := range f.Lost {
		if others, same := strings.CutSuffix(others, ": "+reason); same {
			f.Lost[i] = others + ", " + lost + ": " + reason
			return
		}
	}
	f.lose("%s: %s", lost, reason)
}

// keyFor returns our key for one of theirs; it is empty where there is none.
func keyFor(rules []Rule, theirs string) string {
	rule, _ := ruleFor(rules, theirs)
	return rule.Ours
}

// note returns what there is to say of one of their keys.
func note(rules []Rule, theirs string) string {
	if rule, known := ruleFor(rules, theirs); known {
		return rule.Note
	}
	return "there is nothing like it"
}

func ruleFor(rules []Rule, theirs string) (rule Rule, known bool) {
	i := slices.IndexFunc(rules, func(r Rule) bool { return r.Theirs == theirs })
	if i < 0 {
		return Rule{}, false
	}
	return rules[i], true
}

// appDir is where the app is in an image (the specification's Platform Interface, CNB_APP_DIR).
const appDir = "/workspace"

// directory takes a working directory over where that is in the app's.
func (f *Found) directory(s *Sidecar, key, value string) {
	dir := path.Clean(value)
	if below, inside := strings.CutPrefix(dir+"/", appDir+"/"); inside {
		dir = path.Clean(below)
	}
	switch {
	case path.IsAbs(dir):
		f.lose("%s: %s = %s: it is outside of the app", s.Name, key, value)
	case dir != ".":
		s.set("working-dir", dir)
	}
}

// reader reads one tool's file.
type reader struct {
	files []string // names that the tool knows, the first that is there counts
	read  func(app fs.FS, text []byte) (Found, error)
}

var readers = []reader{
	{[]string{"Procfile"}, readProcfile},
	{[]string{"supervisord.conf"}, readSupervisord},
	{[]string{"compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"}, readCompose},
}

// Files are the names of the files that In reads.
func Files() (names []string) {
	for _, r := range readers {
		names = append(names, r.files...)
	}
	return names
}

// In returns what the files in dir say. A file that cannot be read as what its name says is an error that names it.
func In(dir string) ([]Found, error) {
	var all []Found
	for _, r := range readers {
		for _, name := range r.files {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, err
			}
			found, err := r.read(os.DirFS(dir), text)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			found.File = name
			all = append(all, found)
			break
		}
	}
	return all, nil
}

// TOML returns a commented sidecar.toml of what was found. Where several files say the same of the app, the first counts.
func TOML(all []Found) string {
	var out strings.Builder
	var app []string // keys that it has
	for _, found := range all {
		for _, key := range found.App {
			if slices.Contains(app, key.Name) {
				continue
			}
			if len(app) == 0 {
				out.WriteString("\n[app]\n")
			}
			app = append(app, key.Name)
			fmt.Fprintf(&out, "%s = %s # from %s\n", key.Name, key.Value, found.File)
		}
	}
	for _, found := range all {
		for _, s := range found.Sidecars {
			fmt.Fprintf(&out, "\n# from %s%s\n", found.File, s.Comment)
			for _, note := range s.Notes {
				fmt.Fprintf(&out, "# %s\n", note)
			}
			fmt.Fprintf(&out, "[[sidecars]]\nname = %s\n", tomlOf(s.Name))
			for _, key := range s.Keys {
				fmt.Fprintf(&out, "%s = %s\n", key.Name, key.Value)
			}
		}
	}
	return strings.TrimPrefix(out.String(), "\n")
}
