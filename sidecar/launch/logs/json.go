package logs

import (
	"time"
	"unicode/utf8"
)

// object is each line as a JSON object: time (RFC 3339, when it was read, UTC), name, stream, line, and partial where the line
// goes on in the next object.
type object struct {
	before []byte // up to the line, with the time of the last begin
	names  string // what stands between time and line
	room   int    // bytes for a line, escaped; 0: unlimited
	char   []byte // scratch
}

const (
	openObject   = `{"time":"`
	closeObject  = "\"}\n"
	closePartial = "\",\"partial\":true}\n"
	longestRune  = len(`\u0000`) // of an escaped one, for each of its bytes
)

func newObject(name, stream string, atomic bool) *object {
	names := appendEscaped([]byte(`","name":"`), []byte(name))
	names = append(names, `","stream":"`+stream+`","line":"`...)
	o := &object{names: string(names)}
	if atomic {
		o.room = pipeBuf - len(openObject) - len(time.RFC3339Nano) - len(names) - len(closePartial)
	}
	return o
}

func (o *object) begin() {
	o.before = time.Now().UTC().AppendFormat(append(o.before[:0], openObject...), time.RFC3339Nano)
	o.before = append(o.before, o.names...)
}

func (o *object) cut(line []byte) int {
	n := cutRunes(line, maxLine)
	if o.room == 0 || n*longestRune <= o.room {
		return n
	}
	for at, left := 0, o.room; at < n; {
		var size int
		o.char, size = appendRune(o.char[:0], line[at:n])
		if left -= len(o.char); left < 0 {
			return at
		}
		at += size
	}
	return n
}

func (o *object) append(out, line []byte, partial bool) []byte {
	out = append(out, o.before...)
	out = appendEscaped(out, line)
	if partial {
		return append(out, closePartial...)
	}
	return append(out, closeObject...)
}

// Quote is s as a JSON string (RFC 8259, section 7). A byte that isn't UTF-8 becomes U+FFFD.
func Quote(s string) string { return string(append(appendEscaped([]byte{'"'}, []byte(s)), '"')) }

// appendEscaped appends s as the inside of a JSON string.
func appendEscaped(out, s []byte) []byte {
	for len(s) > 0 {
		n := 0
		for n < len(s) && plain(s[n]) {
			n++
		}
		out = append(out, s[:n]...)
		if s = s[n:]; len(s) > 0 {
			out, n = appendRune(out, s)
			s = s[n:]
		}
	}
	return out
}

// plain tells whether b stands for itself in a JSON string.
func plain(b byte) bool { return b >= ' ' && b != '"' && b != '\\' && b < utf8.RuneSelf }

// appendRune appends the first rune of s, as RFC 8259 section 7 has it, and returns how many bytes of s that was. A byte that
// isn't UTF-8 becomes U+FFFD.
func appendRune(out, s []byte) ([]byte, int) {
	const hex = "0123456789abcdef"
	switch b := s[0]; {
	case b >= utf8.RuneSelf:
		r, size := utf8.DecodeRune(s)
		return utf8.AppendRune(out, r), size
	case b == '"', b == '\\':
		return append(out, '\\', b), 1
	case b == '\t':
		return append(out, '\\', 't'), 1
	case b == '\r':
		return append(out, '\\', 'r'), 1
	case b < ' ':
		return append(out, '\\', 'u', '0', '0', hex[b>>4], hex[b&15]), 1
	default:
		return append(out, b), 1
	}
}
