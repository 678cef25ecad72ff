package cloudfoundry

import (
	"regexp"
	"slices"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/export"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// command returns what bash runs for a sidecar, its directory and its variables with it. Each step is a line of its own: behind && a text
// such as "a & b" would keep them for its first part alone.
func (e *exporter) command(s declare.Sidecar) string {
	var steps []string
	for _, name := range export.Ordered(s.Env) {
		if !plan.PlainName(name) {
			e.losses.Add(s.Name, "env", "%s is no name that a shell can carry", name)
			continue
		}
		steps = append(steps, "export "+name+"="+e.referring(s.Name, "env", s.Env[name], false))
	}
	if s.WorkingDir != "" {
		steps = append(steps, changeTo(s.WorkingDir))
	}
	text, isShells := shellText(s.Command)
	if !isShells {
		var words []string
		for i, word := range s.Command {
			words = append(words, e.referring(s.Name, "command", word, i == 0))
		}
		text = strings.Join(words, " ")
		if steps != nil {
			text = "exec " + text
		}
	}
	return strings.Join(append(steps, text), "\n")
}

// changeTo returns the step that changes to a directory.
func changeTo(dir string) string { return "cd " + quoted(dir, false) + " || exit" }

// shellText returns the text that a command hands to bash, where reading it makes that command again. References are for no shell: as a
// word of a command, a text has them filled in before a second bash reads it, as the supervisor does it.
func shellText(argv declare.Command) (string, bool) {
	if len(export.References(strings.Join(argv, " "))) > 0 {
		return "", false
	}
	words, _, err := plan.Process{Command: argv}.Alone()
	if err != nil || len(words) != 3 || words[0] != "bash" || words[1] != "-c" {
		return "", false
	}
	again, err := declare.SplitCommand(words[2])
	return words[2], err == nil && slices.Equal(again, words)
}

// mark stands before and after a reference's name; no argument can have a NUL.
const mark = "\x00"

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// referring returns a word for a shell, with what our references stand for as the shell's own.
func (e *exporter) referring(sidecar, key, word string, first bool) string {
	marked := plan.Expand(word, func(name string) (string, bool) {
		if !variableName.MatchString(name) {
			e.losses.Add(sidecar, key, "$(%s) stays as it is written: a shell has no variable of that name", name)
			return "", false
		}
		return mark + name + mark, true
	})
	parts := strings.Split(marked, mark)
	if len(parts) == 1 {
		return quoted(marked, first)
	}
	var out strings.Builder
	for i, part := range parts {
		switch {
		case i%2 == 1:
			out.WriteString(`"${` + part + `}"`)
		case part != "":
			out.WriteString(quoted(part, first))
		}
	}
	return out.String()
}

// plainWord needs no quotes wherever it stands; before a command, a = would make it a variable.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_@%+:,./-]+$`)

// quoted returns a word for a shell.
func quoted(word string, first bool) string {
	if plainWord.MatchString(word) || !first && plainWord.MatchString(strings.ReplaceAll(word, "=", "")) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
