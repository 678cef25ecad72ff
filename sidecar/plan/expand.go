package plan

import (
	"errors"
	"maps"
	"path"
	"strings"
)

// Expand returns text with each $(NAME) replaced by what value returns for the name. $$ stands for one $, and a name that has no value
// stays as it is written: https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/.
func Expand(text string, value func(name string) (string, bool)) string {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(text, "$")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		name, rest, isReference := reference(after)
		switch {
		case strings.HasPrefix(after, "$"):
			out.WriteByte('$')
			text = after[1:]
		case isReference:
			out.WriteString(replaced(name, value))
			text = rest
		default:
			out.WriteByte('$')
			text = after
		}
	}
}

// reference returns the name in parentheses that text begins with, and what is behind it.
func reference(text string) (name, rest string, ok bool) {
	if !strings.HasPrefix(text, "(") {
		return "", "", false
	}
	return strings.Cut(text[1:], ")")
}

func replaced(name string, value func(string) (string, bool)) string {
	if v, ok := value(name); ok {
		return v
	}
	return "$(" + name + ")"
}

// Escape returns text that Expand turns into text, whatever the variables are.
func Escape(text string) string {
	var out strings.Builder
	for i := range len(text) {
		out.WriteByte(text[i])
		if text[i] == '$' && i+1 < len(text) && (text[i+1] == '$' || text[i+1] == '(') {
			out.WriteByte('$')
		}
	}
	return out.String()
}

// mostExpanded limits what the values of one process's variables are expanded to, in bytes. The kernel takes less of one value
// (MAX_ARG_STRLEN in execve(2)), and a few references that each hold two more would otherwise take all memory.
const mostExpanded = 1 << 20

// ErrTooMuch says that references to variables lead to more than a program can be given.
var ErrTooMuch = errors.New("its references to each other make more than 1 MiB, which no program can be given: use fewer of them")

// ExpandAll returns a process's own variables: those that are read, and in their place those that are written, with their references
// expanded. A reference is to another one that is written, else to one that is read, else to one of the app's; one to itself is never to
// itself.
func ExpandAll(written, read map[string]string, inherited func(string) (string, bool)) (map[string]string, error) {
	own := map[string]string{}
	maps.Copy(own, read)
	expanded := 0
	open := map[string]bool{}
	var value func(name string) (string, bool)
	value = func(name string) (string, bool) {
		text, ok := written[name]
		if !ok || open[name] || expanded > mostExpanded {
			if text, ok = read[name]; !ok {
				return inherited(name)
			}
			return text, true
		}
		open[name] = true
		defer delete(open, name)
		text = Expand(text, value)
		expanded += len(text) + 1
		return text, true
	}
	for name := range written {
		own[name], _ = value(name)
	}
	if expanded > mostExpanded {
		return nil, ErrTooMuch
	}
	return own, nil
}

// Closed returns a function that reports whether all that a text refers to are variables of the process's own, which refer to nothing else
// either. A reference that leads back to itself is to another's variable.
func (q Process) Closed() func(text string) bool {
	known := map[string]bool{} // false while a variable is looked at
	var closed func(text string) bool
	closed = func(text string) bool {
		all := true
		Expand(text, func(name string) (string, bool) {
			if _, seen := known[name]; !seen {
				known[name] = false
				value, own := q.Env[name]
				known[name] = own && closed(value)
			}
			all = all && known[name]
			return "", true
		})
		return all
	}
	return closed
}

// Alone returns the command and the variables that the process has where no supervisor starts it. A variable that refers to others than
// these is left out: what it is isn't known before the start. Such a reference in the command stays as it is written.
func (q Process) Alone() (command []string, env map[string]string, err error) {
	env, err = ExpandAll(q.Env, nil, func(string) (string, bool) { return "", false })
	for _, word := range q.Command {
		command = append(command, Expand(word, func(name string) (string, bool) { value, ok := env[name]; return value, ok }))
	}
	closed := q.Closed()
	maps.DeleteFunc(env, func(name, _ string) bool { return !closed(q.Env[name]) })
	return command, env, err
}

// Rooted returns a command whose program is an absolute path where it is a path from dir. A name without a slash is looked for along PATH.
func Rooted(command []string, dir string) []string {
	if len(command) == 0 || !strings.Contains(command[0], "/") || strings.HasPrefix(command[0], "/") {
		return command
	}
	return append([]string{path.Join(dir, command[0])}, command[1:]...)
}
