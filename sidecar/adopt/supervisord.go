package adopt

import (
	"strconv"
	"strings"

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
		case "eventlistener", "fcgi-program", "include":
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
			s.set("command", envReference.ReplaceAllString(value, "$$($1)"))
		case "directory":
			s.set("working-dir", value)
		case "environment":
			s.set("env", supervisordEnvironment(value))
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
	return s
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

// supervisordEnvironment reads KEY="value",KEY2='value'.
func supervisordEnvironment(text string) map[string]string {
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
		env[strings.TrimSpace(name)] = envReference.ReplaceAllString(value, "$$($1)")
	}
	return env
}
