package adopt

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/mattn/go-shellwords"
	"gopkg.in/ini.v1"
)

// readSupervisord takes the programs. Sections for supervisord itself have no counterpart.
func readSupervisord(text []byte) (Found, error) {
	var found Found
	file, err := ini.LoadSources(ini.LoadOptions{SpaceBeforeInlineComment: true, IgnoreContinuation: true}, text)
	if err != nil {
		return found, err
	}
	for _, section := range file.Sections() {
		kind, name, _ := strings.Cut(section.Name(), ":")
		switch kind {
		case "program":
			found.Sidecars = append(found.Sidecars, program(&found, name, section))
		case "eventlistener", "fcgi-program", "include", "group":
			found.lose("[%s]: there is nothing like it", section.Name())
		}
	}
	return found, nil
}

func program(found *Found, name string, section *ini.Section) Sidecar {
	s := Sidecar{Name: name, Comment: ": remove it where it is the app itself"}
	for _, key := range section.Keys() {
		value := strings.TrimSpace(key.Value())
		switch key.Name() {
		case "command":
			found.command(&s, value)
		case "directory":
			found.directory(&s, key.Name(), found.expanded(name, key.Name(), value))
		case "environment":
			s.set("env", found.environment(name, value))
		case "autorestart":
			found.policy(&s, value)
		case "startretries", "stopwaitsecs":
			found.number(&s, name, key.Name(), value)
		case "exitcodes":
			s.set("success-exit-codes", codes(value))
		case "stopsignal":
			s.set("stop-signal", "SIG"+strings.TrimPrefix(strings.ToUpper(value), "SIG"))
		default:
			found.lose("%s: %s = %s: %s", name, key.Name(), value, note(key.Name()))
		}
	}
	if !section.HasKey("autorestart") {
		found.policy(&s, "unexpected") // supervisord's default
	}
	return s
}

// command takes a command over as a list of words: no shell runs it there either.
func (f *Found) command(s *Sidecar, value string) {
	parser := shellwords.NewParser()
	words, err := parser.Parse(expression.ReplaceAllString(value, "%{$1}")) // brackets are a shell's
	if err != nil || parser.Position >= 0 {
		f.lose("%s: command = %s: it can't be split into words", s.Name, value)
		s.set("command", value)
		return
	}
	for i := range words {
		words[i] = f.expanded(s.Name, "command", braced.ReplaceAllString(words[i], "%($1)s"))
	}
	s.set("command", words)
}

var (
	// expression is one of supervisord's string expressions (supervisord.org, Configuration File).
	expression = regexp.MustCompile(`%\((\w+)\)s`)
	braced     = regexp.MustCompile(`%\{(\w+)\}`)
)

// expanded writes a value as ours are: $(NAME) for a variable.
func (f *Found) expanded(program, key, value string) string {
	value = strings.ReplaceAll(value, "$(", "$$(")
	value = expression.ReplaceAllStringFunc(value, func(theirs string) string {
		name := expression.FindStringSubmatch(theirs)[1]
		if variable, ok := strings.CutPrefix(name, "ENV_"); ok {
			return "$(" + variable + ")"
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
}

func (f *Found) number(s *Sidecar, name, key, value string) {
	n, err := strconv.Atoi(value)
	if err != nil {
		f.lose("%s: %s = %s: it is no number", name, key, value)
		return
	}
	s.set(map[string]string{"startretries": "max-restarts", "stopwaitsecs": "stop-grace-period-seconds"}[key], n)
}

func note(theirs string) string {
	for _, rule := range SupervisordRules {
		if rule.Theirs == theirs {
			return rule.Note
		}
	}
	return "there is nothing like it"
}

func codes(value string) (list []int) {
	for field := range strings.SplitSeq(value, ",") {
		if n, err := strconv.Atoi(strings.TrimSpace(field)); err == nil {
			list = append(list, n)
		}
	}
	return list
}

// environment reads KEY="value",KEY2='value'.
func (f *Found) environment(program, text string) map[string]string {
	env := map[string]string{}
	for text = strings.TrimLeft(text, ", "); text != ""; text = strings.TrimLeft(text, ", ") {
		name, rest, found := strings.Cut(text, "=")
		if !found {
			break
		}
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
