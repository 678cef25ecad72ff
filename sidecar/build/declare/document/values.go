package document

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Text reads text.
func (t *Table) Text(key, otherwise string) string {
	switch v := t.Value(key).(type) {
	case nil:
		return otherwise
	case string:
		if !strings.ContainsRune(v, 0) {
			return v
		}
		t.Refuse(key, "text can't hold a NUL here")
	default:
		t.Refuse(key, "write %s", quotedOr(v, "text in quotes"))
	}
	return otherwise
}

// quotedOr returns a number or a boolean in quotes, and for other values what else to write.
func quotedOr(v any, otherwise string) string {
	switch v.(type) {
	case bool, int64, float64:
		return fmt.Sprintf(`"%v", in quotes`, v)
	}
	return otherwise
}

// OneOf reads one of a few words.
func (t *Table) OneOf(key, otherwise string, allowed ...string) string {
	v := t.Value(key)
	if s, ok := v.(string); ok && slices.Contains(allowed, s) {
		return s
	}
	if v != nil {
		t.Refuse(key, "write %s", either(ShowTexts(allowed)))
	}
	return otherwise
}

// Flag reads true or false.
func (t *Table) Flag(key string, otherwise bool) bool {
	switch v := t.Value(key).(type) {
	case nil:
	case bool:
		return v
	default:
		t.Refuse(key, "write %s, without quotes", boolean(v))
	}
	return otherwise
}

// boolean returns what may have been meant by a value that isn't one.
func boolean(v any) string {
	switch s, _ := v.(string); strings.ToLower(s) {
	case "true", "yes", "on", "1":
		return "true"
	case "false", "no", "off", "0":
		return "false"
	}
	return "true or false"
}

// Whole reads a whole number from low to high.
func (t *Table) Whole(key string, low, high, otherwise int) int {
	switch v := t.Value(key).(type) {
	case nil:
	case int64:
		if v >= int64(low) && v <= int64(high) {
			return int(v)
		}
		t.Refuse(key, "write a whole number from %d to %d", low, high)
	default:
		t.Refuse(key, "write %s", NumberOr(v, fmt.Sprintf("a whole number from %d to %d", low, high)))
	}
	return otherwise
}

// NumberOr returns the number that text holds, perhaps with an s for seconds behind it, and for other values what else to write.
func NumberOr(v any, otherwise string) string {
	s, _ := v.(string)
	s = strings.TrimSuffix(s, "s")
	if _, err := strconv.ParseFloat(s, 64); err != nil || strings.ContainsFunc(s, unicode.IsLetter) || len(s) > 12 {
		return otherwise
	}
	return s + ", without quotes"
}

// Seconds reads a number of seconds, whole or with a fraction, of at least low.
func (t *Table) Seconds(key string, low, otherwise float64) float64 {
	var n float64
	switch v := t.Value(key).(type) {
	case nil:
		return otherwise
	case int64:
		n = float64(v)
	case float64:
		n = v
	default:
		t.Refuse(key, "write %s", NumberOr(v, "a number of seconds, such as 5 or 0.5, without quotes or a unit"))
		return otherwise
	}
	if !(n >= low && n <= math.MaxInt32) { // so that NaN is refused too
		t.Refuse(key, "write a number of seconds from %v to %d", low, math.MaxInt32)
		return otherwise
	}
	return n
}

// Texts reads a list of text; nil where it is empty.
func (t *Table) Texts(key string) []string {
	v := t.Value(key)
	list, ok := v.([]*Node)
	if v != nil && !ok {
		t.Refuse(key, "write a list of text, such as [%s]", example(v))
	}
	var texts []string
	for i, n := range list {
		s, ok := n.Is.(string)
		if !ok || strings.ContainsRune(s, 0) {
			t.RefuseItem(key, i, "write %s", quotedOr(n.Is, "text in quotes, without a NUL"))
			continue
		}
		texts = append(texts, s)
	}
	return texts
}

// Table returns the table under key, nil where it is missing; such says how one is written.
func (t *Table) Table(key, such string) *Table {
	n := t.Node(key)
	switch n.Is.(type) {
	case nil:
		return nil
	case map[string]*Node:
		return &Table{Problems: t.Problems, node: n, subject: t.subject, path: t.Path(key)}
	default:
		t.Refuse(key, "write a table, such as %s", such)
		return nil
	}
}

// Tables returns the list of tables under key; write says how it is written.
func (t *Table) Tables(key, write string) []*Table {
	v := t.Value(key)
	list, ok := v.([]*Node)
	if v != nil && !ok {
		t.Refuse(key, "%s", write)
	}
	var tables []*Table
	for i, n := range list {
		if _, ok := n.Is.(map[string]*Node); !ok {
			t.RefuseItem(key, i, "%s", "write a table")
			continue
		}
		path := fmt.Sprintf("%s[%d]", t.Path(key), i)
		tables = append(tables, &Table{Problems: t.Problems, node: n, subject: t.subject, path: path})
	}
	return tables
}
