package runtimes

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
		case key != `"`+path[0]+`"`: //nolint:gosec // G602: nobody looks for a path of no keys
		case len(path) == 1:
			return i, end, end > i
		default:
			start, length, found := findJSON(text[i:end], path[1:]...) //nolint:gosec // G602: likewise
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
	for depth := 0; i < len(text); {
		switch text[i] {
		case '"':
			i = skipString(text, i)
		case '{', '[':
			depth++
			i++
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
			i++
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
			i++
		default:
			i++
			continue
		}
		if depth == 0 {
			return i
		}
	}
	return i
}

func skipString(text string, i int) int {
	for i++; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}
