package errors_test

import (
	"fmt"
	"regexp"
	"strings"
)

// rowsOf gives the messages in a page of Markdown, each with the place where it stands: all that is set as code in the first column of
// tables that begin with "message". Every row has a cause and a way out.
func rowsOf(name, page string) (map[string]string, error) {
	places := map[string]string{}
	inTable := false
	for i, line := range strings.Split(page, "\n") {
		cells := cellsOf(line)
		place := fmt.Sprintf("%s:%d", name, i+1)
		switch {
		case len(cells) == 0:
			inTable = false
		case cells[0] == "message":
			inTable = true
		case inTable && !strings.HasPrefix(cells[0], "---"):
			if len(cells) != 3 || cells[1] == "" || cells[2] == "" {
				return nil, fmt.Errorf("%s: a row is | message | cause | what to do |", place)
			}
			for _, found := range code.FindAllStringSubmatch(cells[0], -1) {
				places[normal(found[1]+found[2])] = place
			}
		}
	}
	return places, nil
}

// code is a span of it, in one backtick or in two.
var code = regexp.MustCompile("``(.+?)``|`([^`]+)`")

// cellsOf gives the cells of a table's row; none where a line is no row. A bar in a cell stands behind a backslash.
func cellsOf(line string) []string {
	const bar = "\x00"
	line, isRow := strings.CutPrefix(strings.ReplaceAll(line, `\|`, bar), "|")
	if !isRow {
		return nil
	}
	cells := strings.Split(strings.TrimSuffix(strings.TrimSpace(line), "|"), "|")
	for i, cell := range cells {
		cells[i] = strings.ReplaceAll(strings.TrimSpace(cell), bar, "|")
	}
	return cells
}
