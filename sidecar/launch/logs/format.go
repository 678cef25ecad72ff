package logs

import (
	"unicode/utf8"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

const (
	maxLine = 64 << 10 // bytes of a line that is kept whole where nothing else limits it
	maxName = 255      // bytes of a name; more would leave too little of an atomic write for the line
)

// format is what a line of a process looks like in the output.
type format interface {
	// begin is called before the lines of one read.
	begin()
	// cut says how many bytes of line, in whole runes, make one line of output. What follows the cut may still be incomplete
	// where line is longer than maxLine.
	cut(line []byte) int
	// append adds line, which is no longer than cut says. Partial: the same line goes on in the next.
	append(out, line []byte, partial bool) []byte
}

func newFormat(mode plan.Logs, name, stream string, atomic bool) format {
	if mode == plan.JSON {
		return newObject(name[:cutRunes(name, maxName)], stream, atomic)
	}
	name = Printable(name) // so that none looks like another
	return newPrefixed(Prefix(name[:cutRunes(name, maxName)], stream), atomic)
}

// Prefix returns what stands before each line of a process that goes to a stream, stdout or stderr. Whoever shows lines to people may set
// another before New.
var Prefix = func(name, _ string) string { return name + " | " }

// prefixed is each line behind the same words.
type prefixed struct {
	prefix string
	max    int
}

func newPrefixed(prefix string, atomic bool) *prefixed {
	if atomic {
		return &prefixed{prefix, pipeBuf - len(prefix) - len("\n")}
	}
	return &prefixed{prefix, maxLine}
}

func (p *prefixed) begin() {}

func (p *prefixed) cut(line []byte) int { return cutRunes(line, p.max) }

func (p *prefixed) append(out, line []byte, _ bool) []byte {
	out = append(out, p.prefix...)
	out = append(out, line...)
	return append(out, '\n')
}

// cutRunes is the length of the longest beginning of s within max bytes that breaks no rune.
func cutRunes[S string | []byte](s S, max int) int {
	if len(s) <= max {
		return len(s)
	}
	for n := max; n > max-utf8.UTFMax; n-- {
		if utf8.RuneStart(s[n]) {
			return n
		}
	}
	return max
}
