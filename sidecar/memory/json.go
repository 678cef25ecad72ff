package memory

import "strings"

// findJSON finds the value under a path of keys in the text of a JSON object: its bytes are text[start:end]. A key that isn't there, is
// written with escapes, or stands in a text that isn't JSON is not found.
func findJSON(text string, path ...string) (start, end int, found bool) {
	i := skipSpace(text, 0)
	if !strings.HasPrefix(text[i:], "{") {
		return 0, 0, false
	}
	for i = skipSpace(text, i+1); strings.HasPrefix(text[i:], `"`); i = skipSpace(text, i+1) {
		keyEnd := skipValue(text, i)
		key := text[i:keyEnd]
		i = skipSpace(text, keyEnd)
		if !strings.HasPrefix(text[i:], ":") {
			return 0, 0, false
		}
		i = skipSpace(text, i+1)
		end := skipValue(text, i)
		switch {
		case key != `"`+path[0]+`"`:
		case len(path) == 1:
			return i, end, end > i
		default:
			start, length, found := findJSON(text[i:end], path[1:]...)
			return i + start, i + length, found
		}
		i = skipSpace(text, end)
		if !strings.HasPrefix(text[i:], ",") {
			return 0, 0, false
		}
	}
	return 0, 0, false
}

func skipSpace(text string, i int) int {
	for i < len(text) && strings.IndexByte(" \t\r\n", text[i]) >= 0 {
		i++
	}
	return i
}

// skipValue gives the end of the value that begins at i; the text's end where it has none.
func skipValue(text string, i int) int {
	depth, quoted := 0, false
	for ; i < len(text); i++ {
		c := text[i]
		switch {
		case quoted && c == '\\':
			i++
		case c == '"':
			if quoted = !quoted; !quoted && depth == 0 {
				return i + 1
			}
		case quoted:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
		if depth < 0 || depth == 0 && !quoted && strings.IndexByte(", \t\r\n", c) >= 0 {
			return i
		}
	}
	return min(i, len(text))
}
