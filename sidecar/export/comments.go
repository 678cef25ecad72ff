package export

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// Comments returns what is needed and what is lost as comments of YAML, one a line.
func Comments(needs Needs, losses Losses) string {
	var text strings.Builder
	for _, need := range needs {
		fmt.Fprintf(&text, "# needs: %s\n", need)
	}
	for _, loss := range losses {
		fmt.Fprintf(&text, "# lost: %s\n", loss)
	}
	return text.String()
}

// oneLine returns text with Go's escapes for all that isn't printed. A line end would end a comment, and what follows would be YAML.
func oneLine(text string) string {
	if strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 {
		return text
	}
	quoted := strconv.Quote(text)
	return strings.ReplaceAll(strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`), `\\`, `\`)
}
