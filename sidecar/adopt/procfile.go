package adopt

import (
	"bufio"
	"bytes"
	"fmt"
	"io/fs"
	"regexp"
)

// procfileLine is Heroku's and foreman's: a process type, a colon and a command.
var procfileLine = regexp.MustCompile(`^([A-Za-z0-9_-]+):\s*(.+)$`)

// readProcfile takes every process but the app and release, which runs before a deploy and not beside the app.
func readProcfile(_ fs.FS, text []byte) (Found, error) {
	var found Found
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		match := procfileLine.FindSubmatch(line)
		if match == nil {
			return found, fmt.Errorf("line %d is not of the form TYPE: COMMAND", n)
		}
		switch name := string(match[1]); name {
		case "web":
		case "release":
			found.lose("release runs once before a deploy, not beside the app")
		default:
			s := Sidecar{Name: name, Comment: ": remove it where it runs in a container of its own"}
			s.set("command", string(match[2]))
			found.Sidecars = append(found.Sidecars, s)
		}
	}
	return found, lines.Err()
}
