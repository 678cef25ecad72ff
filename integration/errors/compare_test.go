package errors_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// compare gives what is to be done for a page's rows to be the code's messages, which are its texts without the others.
func compare(texts, rows map[string]string, others map[string][]string) (differences []string) {
	left := maps.Clone(texts)
	for _, reason := range slices.Sorted(maps.Keys(others)) {
		for _, other := range others[reason] {
			if !remove(left, other) {
				differences = append(differences, fmt.Sprintf("%q, listed as %q, is not in the code any more: take it off that list", other, reason))
			}
		}
	}
	messages := messagesOf(left)
	for _, row := range slices.Sorted(maps.Keys(rows)) {
		i := slices.IndexFunc(messages, func(m message) bool { return m.pattern.MatchString(row) })
		if i < 0 {
			differences = append(differences, fmt.Sprintf("%s: the code has no message %q: correct the row or take it out", rows[row], row))
			continue
		}
		delete(left, messages[i].shape)
	}
	for _, shape := range slices.Sorted(maps.Keys(left)) {
		differences = append(differences, fmt.Sprintf("%s: %q has no row in docs/errors.md: add one, or list it with those that aren't errors",
			strings.TrimPrefix(left[shape], root+"/"), shape))
	}
	return differences
}

// remove takes out a text, or all that begin with one that ends with an ellipsis, and tells whether there was any.
func remove(texts map[string]string, text string) bool {
	before := len(texts)
	if start, cut := strings.CutSuffix(text, "…"); cut {
		maps.DeleteFunc(texts, func(t, _ string) bool { return strings.HasPrefix(t, start) })
	} else {
		delete(texts, text)
	}
	return len(texts) < before
}

// message is one of the code's, and the pattern of a row for it.
type message struct {
	shape   string
	pattern *regexp.Regexp
}

// filled is what a row may have where a message has a hole: <what it stands for>, or one word.
const filled = `("?<[^<>]+>"?|[^\s<>]+)`

// messagesOf sorts the messages by how much they say without their holes, so that a row is taken for the first that it fits.
func messagesOf(texts map[string]string) []message {
	said := func(m message) int { return len(strings.ReplaceAll(m.shape, hole, "")) }
	var all []message
	for _, shape := range slices.Sorted(maps.Keys(texts)) {
		pattern := "^" + strings.ReplaceAll(regexp.QuoteMeta(shape), hole, filled) + "$"
		all = append(all, message{shape, regexp.MustCompile(pattern)})
	}
	slices.SortStableFunc(all, func(a, b message) int { return said(b) - said(a) })
	return all
}
