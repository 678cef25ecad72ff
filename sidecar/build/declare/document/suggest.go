package document

import (
	"fmt"
	"strings"

	"github.com/agext/levenshtein"
)

// Suggest returns a hint for an unknown word: the nearest known one, or the list. Only the first few are worth the search.
func (p *Problems) Suggest(word string, words []string) string {
	_, way := p.suggest(word, words)
	return way
}

// suggest is Suggest with the word that was likely meant, or nothing.
func (p *Problems) suggest(word string, words []string) (meant, way string) {
	const few, longest = 10, 64
	if p.searched < few && len(word) <= longest {
		p.searched++
		if meant := Nearest(word, words); meant != "" {
			return meant, didYouMean(meant)
		}
	}
	const most = 40
	if len(words) > most {
		return "", fmt.Sprintf("there are %s and %d more", strings.Join(words[:most], ", "), len(words)-most)
	}
	return "", "there are " + strings.Join(words, ", ")
}

func didYouMean(word string) string { return "did you mean " + word + "?" }

// isSlip reports whether a word is a long one with a slip of the pen.
func isSlip(word, meant string) bool {
	const long, longest = 6, 64
	return len(meant) >= long && len(word) <= longest && levenshtein.Distance(word, meant, nil) == 1
}

// Nearest returns the word that may have been meant, or nothing if none is near: up to half of a short word may differ, a third of a long
// one.
func Nearest(word string, words []string) string {
	best, distance := "", 1+min(len(word)/2, max(2, len(word)/3))
	for _, w := range words {
		if max(len(w)-len(word), len(word)-len(w)) >= 4*distance { // so different in bytes that it can't be near in letters
			continue
		}
		if d := levenshtein.Distance(word, w, nil); d < distance {
			best, distance = w, d
		}
	}
	return best
}
