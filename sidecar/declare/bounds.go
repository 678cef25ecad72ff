package declare

import (
	"bytes"
	"errors"
	"fmt"
)

// What no declaration needs to exceed. Beyond it the libraries that read one could take hours.
const (
	mostBytes   = 256 << 10
	mostNesting = 64
)

// tooLarge is what is said of more than mostBytes.
const tooLarge = "it is larger than 256 KiB, which no declaration needs to be"

// checkBounds refuses TOML that is too large or too deeply nested to be parsed: by more brackets in each other than
// mostNesting, or by more dots in a line. What isn't TOML is left for the parser to refuse.
func checkBounds(text []byte) error {
	if len(text) > mostBytes {
		return errors.New(tooLarge)
	}
	line, brackets, dots := 1, 0, 0
	for at := 0; at < len(text); at++ {
		switch text[at] {
		case '\n':
			line, dots = line+1, 0
		case '[', '{':
			brackets++
		case ']', '}':
			brackets--
		case '.':
			dots++
		case '#':
			at = commentEnd(text, at) - 1
		case '"', '\'':
			end := textEnd(text, at)
			line += bytes.Count(text[at:end], []byte("\n"))
			at = end - 1
		}
		if max(brackets, dots) > mostNesting {
			return fmt.Errorf("line %d: it is nested more than %d deep, which no declaration needs to be", line, mostNesting)
		}
	}
	return nil
}

// commentEnd gives the end of the line that at is in.
func commentEnd(text []byte, at int) int {
	if i := bytes.IndexByte(text[at:], '\n'); i >= 0 {
		return at + i
	}
	return len(text)
}

// textEnd gives the place behind the text whose first quote is at at: '…', "…", or of several lines in three of them.
func textEnd(text []byte, at int) int {
	quote := text[at : at+1]
	quotes := bytes.Repeat(quote, 3)
	several := bytes.HasPrefix(text[at:], quotes)
	if !several {
		quotes = quote
	}
	for at += len(quotes); at < len(text); at++ {
		switch {
		case text[at] == '\\' && quote[0] == '"':
			at++
		case text[at] == '\n' && !several: // not TOML
			return at
		case bytes.HasPrefix(text[at:], quotes):
			at += len(quotes)
			for range len(quotes) - 1 { // text may end in quotes of its own
				if at < len(text) && several && text[at] == quote[0] {
					at++
				}
			}
			return at
		}
	}
	return len(text)
}
