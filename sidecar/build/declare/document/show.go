package document

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/show"
)

// Show returns a value as its author would know it again.
func Show(v any) string {
	switch v := v.(type) {
	case nil:
		return "missing"
	case string:
		return ShowText(v)
	case bool, int64, float64:
		return fmt.Sprint(v)
	case []*Node:
		return "a list"
	case map[string]*Node:
		return "a table"
	default:
		return "a date"
	}
}

// ShowText returns text in quotes, cut where it is too long for a message.
func ShowText(s string) string {
	const most = 80
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return strconv.Quote(s)
}

// ShowTexts is ShowText of each.
func ShowTexts(words []string) []string {
	var all []string
	for _, w := range words {
		all = append(all, ShowText(w))
	}
	return all
}

// ShowKey returns a key, in quotes where TOML would want them.
func ShowKey(key string) string {
	bare := func(r rune) bool {
		return r == '-' || r == '_' || r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z'
	}
	if key != "" && strings.IndexFunc(key, func(r rune) bool { return !bare(r) }) < 0 {
		return key
	}
	return ShowText(key)
}

// cut returns a library's words on one line, and not more of them than can be read.
func cut(s string) string {
	const most = 200
	s = show.Text(strings.Join(strings.Fields(s), " "))
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return s
}

// example returns the value itself where it is text, so that the advice can be pasted.
func example(v any) string {
	if s, ok := v.(string); ok {
		return ShowText(s)
	}
	return `"…"`
}

func either(words []string) string {
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
