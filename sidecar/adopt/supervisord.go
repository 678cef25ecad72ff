package adopt

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/mattn/go-shellwords"
	"gopkg.in/ini.v1"
)

// readSupervisord takes the programs, those too of the files that are included. Of what is for supervisord itself it takes the environment.
func readSupervisord(app fs.FS, text []byte) (Found, error) {
	var found Found
	main, err := parseINI(text)
	if err != nil {
		return found, err
	}
	files := []*ini.File{main}
	for _, name := range found.included(app, main) {
		text, err := fs.ReadFile(app, name)
		if err != nil {
			return found, err
		}
		file, err := parseINI(text)
		if err != nil {
			return found, fmt.Errorf("%s, which it includes: %w", name, err)
		}
		files = append(files, file)
	}
	all := main.Section("supervisord")
	shared := found.environment("supervisord", all.Key("environment").Value())
	if all.HasKey("user") {
		found.loseKey("supervisord", all.Key("user"))
	}
	for _, file := range files {
		for _, section := range file.Sections() {
			kind, name, _ := strings.Cut(section.Name(), ":")
			switch {
			case kind == "program" && slices.Contains(apps, name):
				found.app(name, section)
			case kind == "program":
				found.Sidecars = append(found.Sidecars, program(&found, name, section, shared))
			case slices.Contains([]string{"eventlistener", "fcgi-program", "group"}, kind):
				found.lose("[%s]: there is nothing like it", section.Name())
			}
		}
	}
	if slices.ContainsFunc(found.Sidecars, Sidecar.mayEnd) {
		found.lose("that the others go on when a program has ended: all end with it here, unless it has essential = false")
	}
	found.orTheApp()
	return found, nil
}

// parseINI reads text as Python's configparser does, as supervisord has set that: a value goes on in lines that are indented, and a comment
// stands in a line of its own or behind a space and a semicolon, in a quoted value too.
func parseINI(text []byte) (*ini.File, error) {
	return ini.LoadSources(ini.LoadOptions{
		IgnoreInlineComment: true, IgnoreContinuation: true, AllowPythonMultilineValues: true,
	}, comment.ReplaceAll(text, nil))
}

var comment = regexp.MustCompile(`(?m)^[ \t]*[;#].*\n|[ \t]+;.*$`)

// included returns the files that [include] names, below the app.
func (f *Found) included(app fs.FS, main *ini.File) (names []string) {
	for pattern := range strings.FieldsSeq(main.Section("include").Key("files").Value()) {
		found, err := fs.Glob(app, path.Clean(strings.TrimPrefix(pattern, "%(here)s/")))
		if err != nil || len(found) == 0 {
			f.lose("[include]: files = %s: there is none below the app: copy what they say into supervisord.conf", pattern)
		}
		names = append(names, found...)
	}
	return names
}

// app takes over what a program that is the app says of its end.
func (f *Found) app(name string, section *ini.Section) {
	s := Sidecar{Name: name}
	var left []string
	for _, key := range section.Keys() {
		if value := strings.TrimSpace(key.Value()); !f.stop(&s, key.Name(), value) && !slices.Contains(alike[key.Name()], value) {
			left = append(left, key.Name())
		}
	}
	f.takeApp(name, s.Keys, left)
}

// stop takes a key over that is about the end of a program, and reports whether it is.
func (f *Found) stop(s *Sidecar, key, value string) bool {
	switch key {
	case "stopsignal":
		s.set("stop-signal", "SIG"+strings.TrimPrefix(strings.ToUpper(value), "SIG"))
	case "stopwaitsecs":
		f.number(s, "stop-grace-period-seconds", key, value)
	default:
		return false
	}
	return true
}

func program(found *Found, name string, section *ini.Section, shared map[string]string) Sidecar {
	s := Sidecar{Name: name}
	env := maps.Clone(shared)
	for _, key := range section.Keys() {
		value := strings.TrimSpace(key.Value())
		switch key.Name() {
		case "command":
			found.command(&s, value)
		case "directory":
			found.directory(&s, key.Name(), found.expanded(name, key.Name(), value))
		case "environment":
			maps.Copy(env, found.environment(name, value))
			if len(env) > 0 {
				s.set("env", env)
			}
		case "autorestart":
			found.policy(&s, value)
		case "startretries":
			found.number(&s, "max-restarts", key.Name(), value)
		case "exitcodes":
			found.codes(&s, value)
		default:
			if !found.stop(&s, key.Name(), value) && !slices.Contains(alike[key.Name()], value) {
				found.loseKey(name, key)
			}
		}
	}
	if len(env) > 0 && !section.HasKey("environment") {
		s.set("env", env)
	}
	if !section.HasKey("autorestart") {
		found.policy(&s, "unexpected") // supervisord's default
	}
	return s
}

// loseKey names a key that could not be taken over.
func (f *Found) loseKey(who string, key *ini.Key) {
	f.loseFor(note(SupervisordRules, key.Name()), "%s: %s = %s", who, key.Name(), strings.TrimSpace(key.Value()))
}

// alike are the values of keys without a counterpart that say what happens here anyway.
var alike = map[string][]string{
	"autostart": {"true"}, "numprocs": {"1"}, "stopasgroup": {"true"}, "killasgroup": {"true"}, "redirect_stderr": {"false"},
	"stdout_logfile": {"/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"}, "stdout_logfile_maxbytes": {"0"},
	"stderr_logfile": {"/dev/stderr", "/dev/fd/2", "/proc/self/fd/2"}, "stderr_logfile_maxbytes": {"0"},
}

// command takes a command over as a list of words: no shell runs it there either.
func (f *Found) command(s *Sidecar, value string) {
	value = strings.ReplaceAll(value, "\n", " ")
	parser := shellwords.NewParser()
	words, err := parser.Parse(expression.ReplaceAllString(value, "%{$1}$2")) // brackets are a shell's
	if err != nil || parser.Position >= 0 {
		f.lose("%s: command = %s: it can't be split into words, and goes through a shell", s.Name, value)
		s.set("command", f.replaced(s.Name, "command", value, "${%s}"))
		return
	}
	for i := range words {
		words[i] = f.expanded(s.Name, "command", braced.ReplaceAllString(words[i], "%($1)$2"))
	}
	s.set("command", words)
}

var (
	// expression is one of supervisord's string expressions (supervisord.org, Configuration File).
	expression = regexp.MustCompile(`%\((\w+)\)(s|\d*d)`)
	braced     = regexp.MustCompile(`%\{(\w+)\}(s|\d*d)`)
)

// expanded writes a value as ours are: $(NAME) for a variable.
func (f *Found) expanded(program, key, value string) string {
	return f.replaced(program, key, strings.ReplaceAll(value, "$(", "$$("), "$(%s)")
}

// replaced replaces string expressions; variable is how a variable is written.
func (f *Found) replaced(program, key, value, variable string) string {
	value = expression.ReplaceAllStringFunc(value, func(theirs string) string {
		name := expression.FindStringSubmatch(theirs)[1]
		if name, ok := strings.CutPrefix(name, "ENV_"); ok {
			return fmt.Sprintf(variable, name)
		}
		switch name {
		case "program_name", "group_name":
			return program
		case "here":
			return "."
		}
		f.lose("%s: %s: write what %s is", program, key, theirs)
		return theirs
	})
	return strings.ReplaceAll(value, "%%", "%")
}

// policy takes autorestart over.
func (f *Found) policy(s *Sidecar, value string) {
	ours, known := map[string]string{"false": "never", "unexpected": "on-failure", "true": "always"}[value]
	if !known {
		f.lose("%s: autorestart = %s: it is neither true, false nor unexpected", s.Name, value)
		return
	}
	s.set("restart", ours)
	if ours == "never" {
		s.Notes = append(s.Notes, "All end when this one has ended, with status 0 too. Where they are to go on, write essential = false.",
			"Where they wait for its end, as for a job, write below: [app], depends-on = { "+key(s.Name)+" = \"completed\" }")
	}
}

func (f *Found) number(s *Sidecar, ours, theirs, value string) {
	n, err := strconv.Atoi(value)
	if err != nil {
		f.lose("%s: %s = %s: it is no number", s.Name, theirs, value)
		return
	}
	s.set(ours, n)
}

func (f *Found) codes(s *Sidecar, value string) {
	var list []int
	for field := range strings.SplitSeq(value, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(field))
		if err != nil {
			f.lose("%s: exitcodes = %s: %s is no number", s.Name, value, field)
			return
		}
		list = append(list, n)
	}
	s.set("success-exit-codes", list)
}

// environment reads KEY="value",KEY2='value'.
func (f *Found) environment(program, text string) map[string]string {
	env := map[string]string{}
	for text = strings.TrimLeft(text, ", \n"); text != ""; text = strings.TrimLeft(text, ", \n") {
		name, rest, found := strings.Cut(text, "=")
		if !found {
			f.lose("%s: environment: %s: it has no value", program, text)
			break
		}
		rest = strings.TrimLeft(rest, " ")
		var value string
		if rest != "" && (rest[0] == '"' || rest[0] == '\'') {
			value, text, _ = strings.Cut(rest[1:], rest[:1])
		} else {
			value, text, _ = strings.Cut(rest, ",")
		}
		env[strings.TrimSpace(name)] = f.expanded(program, "environment", value)
	}
	return env
}
