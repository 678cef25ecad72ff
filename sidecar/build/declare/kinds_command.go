package declare

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare/document"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

const whatToRun = `write what to run, such as ["./config-server", "--quiet"]`

func command() kind[Command] {
	return kind[Command]{Type{Name: "text or list of text"}, func(t *document.Table, key string, _ Command) Command {
		switch v := t.Value(key).(type) {
		case string:
			return commandText(t, key, v)
		case []*document.Node:
			argv := t.Texts(key)
			if len(v) == 0 || v[0].Is == "" {
				t.Reportf(key, "%s is empty: %s", t.Path(key), whatToRun)
			}
			return argv
		default:
			t.Refuse(key, whatToRun)
			return nil
		}
	}}
}

func commandText(t *document.Table, key, text string) Command {
	if strings.TrimSpace(text) == "" {
		t.Refuse(key, whatToRun)
		return nil
	}
	argv, err := SplitCommand(t.Text(key, ""))
	if err != nil {
		t.Refuse(key, "%v", err)
	}
	return argv
}

// sidecarCommand reads a command whose words are expanded at launch. Text is a shell's, and stays what it is; a list has no shell.
func sidecarCommand() kind[Command] {
	is := command()
	return kind[Command]{is.Type, func(t *document.Table, key string, otherwise Command) Command {
		argv := is.read(t, key, otherwise)
		list, isList := t.Peek(key).([]*document.Node)
		if !isList {
			cautionBackground(t, key)
			return escaped(argv)
		}
		if len(argv) == 1 && (strings.Contains(argv[0], " -") || strings.Contains(argv[0], " ") && !strings.Contains(argv[0], "/")) {
			words := strings.Join(document.ShowTexts(strings.Fields(argv[0])), ", ")
			t.CautionItem(key, 0, "a list has each word for itself: write [%s], or the command as text", words)
		}
		for i, n := range list {
			if word, ok := n.Is.(string); ok && !viaShell(argv) {
				if name := shellVariable(word); name != "" {
					t.CautionItem(key, i, "no shell reads a list: write $(%s), or the command as text", name)
				}
			}
		}
		return argv
	}}
}

// cautionBackground warns of a command's text of which nothing stays in the foreground.
func cautionBackground(t *document.Table, key string) {
	if text, ok := t.Peek(key).(string); ok && goesAway(text) {
		t.Caution(key, "a shell that has begun the last of it in the background ends: leave its & out, so that it stays in the foreground")
	}
}

// escaped returns argv so that nothing of it is expanded at launch.
func escaped(argv Command) Command {
	for i, word := range argv {
		argv[i] = plan.Escape(word)
	}
	return argv
}

// viaShell reports whether a shell reads what argv has.
func viaShell(argv Command) bool {
	shells := []string{"sh", "bash", "dash", "ash", "ksh", "zsh", "busybox", "env"}
	return len(argv) > 0 && slices.Contains(shells, filepath.Base(argv[0]))
}

var shellReference = regexp.MustCompile(`(^|[^$\\])\$(?:(\w+)|\{(\w+)[^}]*\})`)

// shellVariable returns the first variable that a shell would read in text, such as PORT of $PORT.
func shellVariable(text string) string {
	found := shellReference.FindStringSubmatch(text)
	if found == nil {
		return ""
	}
	return found[2] + found[3]
}
