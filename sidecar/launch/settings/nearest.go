package settings

import (
	"slices"
	"strings"
)

// nearest returns the known name that has the most words of name, and of these the one that takes the fewest edits.
func nearest(name string, known []setting) (best string) {
	most, fewest := 0, 0
	for _, k := range known {
		words, n := common(name, k.name), edits(name, k.name)
		if best == "" || words > most || words == most && n < fewest {
			best, most, fewest = k.name, words, n
		}
	}
	return best
}

// common returns how many words two names have in common.
func common(a, b string) (n int) {
	words := strings.Split(b, "_")
	for word := range strings.SplitSeq(a, "_") {
		if slices.Contains(words, word) {
			n++
		}
	}
	return n
}

// edits returns Levenshtein's distance: how many bytes to insert, delete or replace to make b of a.
func edits(a, b string) int {
	row := make([]int, len(b)+1) // from a[:i] to b[:j]
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(row[j+1]+1, row[j]+1, replaced)
		}
	}
	return row[len(b)]
}
