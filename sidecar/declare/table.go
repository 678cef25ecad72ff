package declare

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/agext/levenshtein"
)

// problems gathers all that is wrong with one file.
type problems struct {
	origin   string // what every message begins with
	errs     []error
	more     int // those that would be too many to read
	searched int // words that a near one was searched for
}

// mostProblems is how many are told.
const mostProblems = 100

func (p *problems) addf(format string, args ...any) {
	if len(p.errs) == mostProblems {
		p.more++
		return
	}
	p.errs = append(p.errs, fmt.Errorf("%s: "+format, append([]any{p.origin}, args...)...))
}

func (p *problems) err() error {
	if p.more > 0 {
		return errors.Join(append(slices.Clip(p.errs), fmt.Errorf("%s: and %d more", p.origin, p.more))...)
	}
	return errors.Join(p.errs...)
}

// table reads one table of a document key by key, and so knows in the end which keys nobody asked for.
// A key that is missing or wrong reads as its default; what is wrong is reported once.
type table struct {
	*problems
	path   string // of this table in the document; empty for the document itself
	values map[string]any
	asked  map[string]bool
	known  []string // the keys that were asked for, in order
}

// at is the whole path of a key.
func (t *table) at(key string) string {
	if t.path == "" {
		return showKey(key)
	}
	return t.path + "." + showKey(key)
}

// value gives what stands under key and makes the key a known one.
func (t *table) value(key string) (any, bool) {
	if !t.asked[key] {
		if t.asked == nil {
			t.asked = map[string]bool{}
		}
		t.asked[key] = true
		t.known = append(t.known, key)
	}
	return t.values[key], t.has(key)
}

func (t *table) has(key string) bool { return t.values[key] != nil } // YAML's null is a value that is missing

// refuse reports the value under key and says what to write instead.
func (t *table) refuse(key, write string, args ...any) {
	t.refuseAt(t.at(key), t.values[key], write, args...)
}

func (p *problems) refuseAt(path string, value any, write string, args ...any) {
	p.addf("%s is %s: %s", path, show(value), fmt.Sprintf(write, args...))
}

// unknown reports the keys that nobody asked for.
func (t *table) unknown() {
	for _, key := range t.unasked() {
		t.addf("unknown key %s: %s", t.at(key), t.suggest(key, t.known))
	}
}

func (t *table) unasked() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(t.values)), func(key string) bool { return t.asked[key] })
}

func (t *table) text(key, otherwise string) string {
	v, ok := t.value(key)
	if !ok {
		return otherwise
	}
	s, ok := v.(string)
	if !ok {
		t.refuse(key, "write text in quotes")
		return otherwise
	}
	if strings.ContainsRune(s, 0) {
		t.refuse(key, "text can't hold a NUL here")
		return otherwise
	}
	return s
}

func (t *table) oneOf(key, otherwise string, allowed ...string) string {
	s := t.text(key, otherwise)
	if !slices.Contains(allowed, s) {
		t.refuse(key, "write %s", either(allowed))
		return otherwise
	}
	return s
}

func (t *table) flag(key string, otherwise bool) bool {
	v, ok := t.value(key)
	if !ok {
		return otherwise
	}
	b, ok := v.(bool)
	if !ok {
		t.refuse(key, "write true or false, without quotes")
		return otherwise
	}
	return b
}

// count reads a whole number of at least low; the other bound is Kubernetes', whose numbers have 32 bits.
func (t *table) count(key string, low, otherwise int) int {
	v, ok := t.value(key)
	if !ok {
		return otherwise
	}
	n, ok := v.(int64)
	if !ok || n < int64(low) || n > math.MaxInt32 {
		t.refuse(key, "write a whole number from %d to %d", low, math.MaxInt32)
		return otherwise
	}
	return int(n)
}

// seconds reads a number of seconds, whole or with a fraction, of at least low.
func (t *table) seconds(key string, low, otherwise float64) float64 {
	v, ok := t.value(key)
	if !ok {
		return otherwise
	}
	var n float64
	switch v := v.(type) {
	case int64:
		n = float64(v)
	case float64:
		n = v
	default:
		t.refuse(key, "write a number of seconds, such as 5 or 0.5, without quotes or a unit")
		return otherwise
	}
	if !(n >= low && n <= math.MaxInt32) { // so that NaN is refused too
		t.refuse(key, "write a number of seconds from %v to %d", low, math.MaxInt32)
		return otherwise
	}
	return n
}

// texts reads a list of text; nil where it is empty.
func (t *table) texts(key string, otherwise ...string) []string {
	v, ok := t.value(key)
	if !ok {
		return otherwise
	}
	list, ok := v.([]any)
	if !ok {
		t.refuse(key, "write a list of text, such as [%s]", example(v))
		return otherwise
	}
	var texts []string
	for i, v := range list {
		s, ok := v.(string)
		if !ok || strings.ContainsRune(s, 0) {
			t.refuseAt(fmt.Sprintf("%s[%d]", t.at(key), i), v, "write text in quotes, without a NUL")
			continue
		}
		texts = append(texts, s)
	}
	return texts
}

// textMap reads a table of text; nil where it is missing or empty.
func (t *table) textMap(key string) map[string]string {
	inner := t.table(key)
	if inner == nil || len(inner.values) == 0 {
		return nil
	}
	m := make(map[string]string, len(inner.values))
	for _, name := range slices.Sorted(maps.Keys(inner.values)) {
		m[name] = inner.text(name, "")
	}
	return m
}

// table gives the table under key, nil where it is missing.
func (t *table) table(key string) *table {
	v, ok := t.value(key)
	if !ok {
		return nil
	}
	values, ok := v.(map[string]any)
	if !ok {
		t.refuse(key, "write a table, { … }")
		return nil
	}
	return &table{problems: t.problems, path: t.at(key), values: values}
}

// some is texts for a list that can't be empty.
func (t *table) some(key string, otherwise ...string) []string {
	if list, ok := t.values[key].([]any); ok && len(list) == 0 {
		t.addf("%s is an empty list: write at least one, or leave the key out", t.at(key))
	}
	return t.texts(key, otherwise...)
}

// tables gives the list of tables under key; write says how it is written.
func (t *table) tables(key, write string) []*table {
	v, ok := t.value(key)
	if !ok {
		return nil
	}
	var list []any
	switch v := v.(type) {
	case []map[string]any: // [[key]]
		for _, values := range v {
			list = append(list, values)
		}
	case []any: // key = [{ … }]
		list = v
	default:
		t.refuse(key, "%s", write)
	}
	var tables []*table
	for i, v := range list {
		path := fmt.Sprintf("%s[%d]", t.at(key), i)
		values, ok := v.(map[string]any)
		if !ok {
			t.refuseAt(path, v, "write a table")
			continue
		}
		tables = append(tables, &table{problems: t.problems, path: path, values: values})
	}
	return tables
}

// show is a value as its author would know it again.
func show(v any) string {
	switch v := v.(type) {
	case nil:
		return "missing"
	case string:
		return showText(v)
	case bool, int, int64, uint64, float64:
		return fmt.Sprint(v)
	case []any, []map[string]any:
		return "a list"
	case map[string]any:
		return "a table"
	case map[any]any:
		return "a table with keys that are no text, which have to be in quotes"
	default:
		return "a date"
	}
}

// showText is text in quotes, cut where it is too long for a message.
func showText(s string) string {
	const most = 80
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return strconv.Quote(s)
}

// showKey quotes a key that TOML would want in quotes.
func showKey(key string) string {
	bare := func(r rune) bool {
		return r == '-' || r == '_' || r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z'
	}
	if key != "" && strings.IndexFunc(key, func(r rune) bool { return !bare(r) }) < 0 {
		return key
	}
	return showText(key)
}

// example is the value itself where it is text, so that the advice can be pasted.
func example(v any) string {
	if s, ok := v.(string); ok {
		return showText(s)
	}
	return `"…"`
}

func either(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// suggest is the way out for a word that none of words is. Only the first few are worth the search for a near one.
func (p *problems) suggest(word string, words []string) string {
	const few, longest = 10, 64
	if p.searched < few && len(word) <= longest {
		p.searched++
		if meant := nearest(word, words); meant != "" {
			return "did you mean " + meant + "?"
		}
	}
	const most = 30
	if len(words) > most {
		return fmt.Sprintf("there are %s and %d more", strings.Join(words[:most], ", "), len(words)-most)
	}
	return "there are " + strings.Join(words, ", ")
}

// nearest gives the word that may have been meant, or nothing if none is near: up to half of a short word may differ, a third of
// a long one.
func nearest(word string, words []string) string {
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
