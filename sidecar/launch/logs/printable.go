package logs

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Printable returns s on one line, with Go's escapes for what is not to be seen, or does something to a terminal: control characters, line
// ends, what changes the direction of writing, and bytes that are not UTF-8.
func Printable(s string) string {
	if utf8.ValidString(s) && strings.IndexFunc(s, isHidden) < 0 {
		return s
	}
	var text strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && size == 1 || isHidden(r) {
			quoted := strconv.Quote(s[:size])
			text.WriteString(quoted[1 : len(quoted)-1])
		} else {
			text.WriteString(s[:size])
		}
		s = s[size:]
	}
	return text.String()
}

func isHidden(r rune) bool { return !strconv.IsPrint(r) }
