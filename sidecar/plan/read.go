package plan

import (
	"errors"
	"strconv"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/fault"
)

// errForm is that a line is nothing that builds write.
var errForm = errors.New(`it is not as builds write it: a [table], or a key and, on the same line, a string in quotes, ` +
	`a number, true, false or a list of these`)

// read takes in a file's text, up to a version that is newer than ours. Keys and tables that nobody here knows are passed over. An error is
// about the line of that number.
func (f *file) read(text string) (number int, err error) {
	var in any = f.rows() // or a map: the table that the lines belong to; nil: one that nobody knows
	for line := range strings.Lines(text) {
		number++
		switch line = strings.TrimSpace(line); {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			in, err = f.open(line)
		default:
			err = assign(in, line)
		}
		if err != nil || f.version > version {
			return number, err
		}
	}
	return number, nil
}

// open returns the rows of the table that a header names, or the map. Those above it are opened too where there are none yet.
func (f *file) open(header string) (any, error) {
	one, rest := "]", header[1:]
	rest, more := strings.CutPrefix(rest, "[")
	if more {
		one = "]]"
	}
	var at any = f
	var after string
	for isLast := false; !isLast; rest = strings.TrimPrefix(after, ".") {
		var key string
		var ok bool
		key, after, ok = readKey(rest)
		isLast = strings.HasPrefix(after, one)
		if !ok || !isLast && !strings.HasPrefix(after, ".") {
			return nil, errForm
		}
		t, hasRows := at.(table)
		if !hasRows {
			return nil, errForm // a map has no tables in it
		}
		if at = find(t.rows(), key); at == nil {
			return nil, nil
		}
		if at = enter(at, more && isLast); at == nil {
			return nil, errForm
		}
	}
	if t, hasRows := at.(table); hasRows {
		at = t.rows()
	}
	return at, isEnd(strings.TrimPrefix(after, one))
}

// find returns where the value of a key is; nil where a table has no such key.
func find(rows []row, key string) any {
	for _, r := range rows {
		if r.key == key {
			return r.at
		}
	}
	return nil
}

// enter returns the table at a row, the last one in a list or, with more, a further one. It is nil where there is no table.
func enter(at any, more bool) any {
	switch at := at.(type) {
	case *[]Plan:
		return lastOf(at, more)
	case *[]Process:
		return lastOf(at, more)
	case *[]EnvFrom:
		return lastOf(at, more)
	}
	if more {
		return nil
	}
	switch at := at.(type) {
	case *Process, *map[string]string, *map[string]Condition:
		return at
	case **OnChange:
		return made(at)
	case **Hook:
		return made(at)
	case **Sandbox:
		return made(at)
	case **Probe:
		return made(at)
	case **HTTPGet:
		return made(at)
	case **TCPSocket:
		return made(at)
	case **Exec:
		return made(at)
	case **GRPC:
		return made(at)
	}
	return nil
}

func lastOf[T any](list *[]T, more bool) any {
	if more {
		*list = append(*list, *new(T))
	}
	if len(*list) == 0 {
		return nil
	}
	return &(*list)[len(*list)-1]
}

func made[T any](at **T) *T {
	if *at == nil {
		*at = new(T)
	}
	return *at
}

// assign reads a key and its value into a table.
func assign(in any, line string) error {
	key, rest, ok := readKey(line)
	rest, assigned := strings.CutPrefix(strings.TrimSpace(rest), "=")
	if !ok || !assigned {
		return errForm
	}
	rest = strings.TrimSpace(rest)
	switch in := in.(type) {
	case []row:
		at := find(in, key)
		if at == nil {
			return nil
		}
		rest, ok = readValue(rest, at)
	case *map[string]string:
		rest, ok = readEntry(rest, in, key)
	case *map[string]Condition:
		rest, ok = readEntry(rest, in, key)
	default:
		return nil
	}
	if !ok {
		return fault.Wrap(key+": ", errForm)
	}
	return isEnd(rest)
}

func readEntry[T ~string](text string, to *map[string]T, key string) (rest string, ok bool) {
	value, rest, ok := readString(text)
	if *to == nil {
		*to = map[string]T{}
	}
	(*to)[key] = T(value)
	return rest, ok
}

// isEnd returns an error where a line has more than a comment.
func isEnd(rest string) error {
	if rest = strings.TrimSpace(rest); rest != "" && rest[0] != '#' {
		return errForm
	}
	return nil
}

// readKey returns a key at the beginning of text, and what is behind it.
func readKey(text string) (key, rest string, ok bool) {
	if end := strings.IndexFunc(text, func(r rune) bool { return !isBare(r) }); end > 0 {
		return text[:end], text[end:], true
	}
	return readString(text)
}

// isBare reports whether a key with that character needs no quotes.
func isBare(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
}

func readString(text string) (value, rest string, ok bool) {
	quoted, err := strconv.QuotedPrefix(text)
	if err != nil || quoted[0] != '"' {
		return "", text, false
	}
	value, err = strconv.Unquote(quoted)
	return value, text[len(quoted):], err == nil
}

// readValue reads a value to where it belongs, and returns what is behind it.
func readValue(text string, to any) (rest string, ok bool) {
	switch to := to.(type) {
	case *string:
		*to, rest, ok = readString(text)
		return rest, ok
	case *Size:
		var size string
		size, rest, ok = readString(text)
		return rest, ok && to.UnmarshalText([]byte(size)) == nil
	case *[]string:
		return readList(text, to)
	case *[]int:
		return readList(text, to)
	}
	end := len(text)
	if i := strings.IndexAny(text, " \t,]#"); i >= 0 {
		end = i
	}
	var err error
	switch to := to.(type) {
	case *bool:
		*to = text[:end] == "true"
		ok = *to || text[:end] == "false"
		return text[end:], ok
	case *int:
		*to, err = strconv.Atoi(text[:end])
	case *float64:
		*to, err = strconv.ParseFloat(text[:end], 64)
	default: // a table
		return text, false
	}
	return text[end:], err == nil
}

// readList reads a list that is on one line.
func readList[T any](text string, to *[]T) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(text, "[")
	for list := []T{}; ok; {
		rest = strings.TrimSpace(rest)
		if after, end := strings.CutPrefix(rest, "]"); end {
			*to = list
			return after, true
		}
		list = append(list, *new(T))
		if rest, ok = readValue(rest, &list[len(list)-1]); ok {
			var another bool
			rest, another = strings.CutPrefix(strings.TrimSpace(rest), ",")
			ok = another || strings.HasPrefix(rest, "]")
		}
	}
	return rest, false
}
