package plan

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// appendTable appends the lines of a table, and of those in it. Its path is empty for the whole file. What is zero is left out.
func appendTable(text []byte, path string, t table) []byte {
	rows := t.rows()
	for _, r := range rows {
		if value := appendValue(nil, r.at); value != nil {
			text = append(append(append(text, r.key+" = "...), value...), '\n')
		}
	}
	for _, r := range rows {
		text = appendTables(text, strings.TrimPrefix(path+"."+r.key, "."), r.at)
	}
	return text
}

// appendTables appends the tables at a row; none where there is a value.
func appendTables(text []byte, path string, at any) []byte {
	switch at := at.(type) {
	case *[]Plan:
		return appendList(text, path, *at)
	case *[]Process:
		return appendList(text, path, *at)
	case *[]EnvFrom:
		return appendList(text, path, *at)
	case *map[string]string:
		return appendMap(text, path, *at)
	case *map[string]Condition:
		return appendMap(text, path, *at)
	case *Process:
		return appendOne(text, path, at)
	case **OnChange:
		return appendOne(text, path, *at)
	case **Hook:
		return appendOne(text, path, *at)
	case **Sandbox:
		return appendOne(text, path, *at)
	case **Probe:
		return appendOne(text, path, *at)
	case **HTTPGet:
		return appendOne(text, path, *at)
	case **TCPSocket:
		return appendOne(text, path, *at)
	case **Exec:
		return appendOne(text, path, *at)
	case **GRPC:
		return appendOne(text, path, *at)
	}
	return text
}

func appendOne[T any, P interface {
	*T
	table
}](text []byte, path string, t P) []byte {
	if t == nil {
		return text
	}
	return appendTable(append(text, "\n["+path+"]\n"...), path, t)
}

func appendList[T any, P interface {
	*T
	table
}](text []byte, path string, list []T) []byte {
	for i := range list {
		text = appendTable(append(text, "\n[["+path+"]]\n"...), path, P(&list[i]))
	}
	return text
}

func appendMap[T ~string](text []byte, path string, m map[string]T) []byte {
	if len(m) == 0 {
		return text
	}
	text = append(text, "\n["+path+"]\n"...)
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if key == "" || strings.ContainsFunc(key, func(r rune) bool { return !isBare(r) }) {
			text = appendString(text, key)
		} else {
			text = append(text, key...)
		}
		text = append(appendString(append(text, " = "...), string(m[key])), '\n')
	}
	return text
}

// appendValue appends a value; nothing where it is zero, or tables.
func appendValue(text []byte, at any) []byte {
	switch at := at.(type) {
	case *string:
		if *at != "" {
			return appendString(text, *at)
		}
	case *Size:
		if *at != 0 {
			return appendString(text, at.String())
		}
	case *bool:
		if *at {
			return append(text, "true"...)
		}
	case *int:
		if *at != 0 {
			return strconv.AppendInt(text, int64(*at), 10)
		}
	case *float64:
		if *at != 0 {
			return appendFloat(text, *at)
		}
	case *[]string:
		return appendValues(text, *at, appendString)
	case *[]int:
		return appendValues(text, *at, func(text []byte, n int) []byte { return strconv.AppendInt(text, int64(n), 10) })
	}
	return text
}

// appendValues appends a list: nothing for nil, since an empty one may say something else.
func appendValues[T any](text []byte, list []T, one func([]byte, T) []byte) []byte {
	if list == nil {
		return text
	}
	text = append(text, '[')
	for i, value := range list {
		if i > 0 {
			text = append(text, ", "...)
		}
		text = one(text, value)
	}
	return append(text, ']')
}

// appendFloat appends a number that TOML takes for a float.
func appendFloat(text []byte, f float64) []byte {
	number := strconv.FormatFloat(f, 'g', -1, 64)
	if !strings.ContainsAny(number, ".eIN") {
		number += ".0"
	}
	return append(text, number...)
}

// appendString appends a basic string: https://toml.io/en/v1.0.0#string.
func appendString(text []byte, s string) []byte {
	text = append(text, '"')
	for _, c := range []byte(s) {
		switch {
		case c == '"' || c == '\\':
			text = append(text, '\\', c)
		case c < ' ' || c == 0x7f:
			const hex = "0123456789abcdef"
			text = append(text, `\u00`...)
			text = append(text, hex[c>>4], hex[c&15])
		default:
			text = append(text, c)
		}
	}
	return append(text, '"')
}
