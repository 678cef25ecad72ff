package document

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Table reads one table of a document key by key, and so knows in the end which keys nobody asked for. A key that is missing or wrong reads
// as its default; what is wrong is reported once.
type Table struct {
	*Problems
	node    *Node
	subject string // what messages call it, such as a sidecar's name
	path    string // from the subject; empty for the subject itself
	asked   map[string]bool
	known   []string            // the keys that were asked for, in order
	also    map[string][]string // what others call our keys
}

// NewTable returns the reader of a whole document. A node that is no table is an error, which names the key that the document begins with.
func NewTable(p *Problems, n *Node, first string) *Table {
	if n == nil {
		n = &Node{}
	}
	if _, ok := n.Is.(map[string]*Node); !ok && n.Is != nil {
		p.Addf(n.at(), "it is %s: begin it with %s:", Show(n.Is), first)
	}
	return &Table{Problems: p, node: n}
}

// Called makes subject what messages call the table, and its keys' paths begin there.
func (t *Table) Called(subject string) {
	if t.subject != "" {
		subject = t.subject + ": " + subject
	}
	t.subject, t.path = subject, ""
}

// Path returns where a key is, from the subject.
func (t *Table) Path(key string) string {
	if t.path == "" {
		return ShowKey(key)
	}
	return t.path + "." + ShowKey(key)
}

// Name returns the table's own path, and its subject where that is empty.
func (t *Table) Name() string {
	if t.path == "" {
		return t.subject
	}
	return t.path
}

// Keys returns the keys that are there, sorted.
func (t *Table) Keys() []string { return slices.Sorted(maps.Keys(t.node.table())) }

// Has reports whether there is a value under key; YAML's null is none.
func (t *Table) Has(key string) bool {
	n := t.node.table()[key]
	return n != nil && n.Is != nil
}

// Node returns the value under key and makes the key a known one. A missing one has no value and stands where the table does.
func (t *Table) Node(key string) *Node {
	if !t.asked[key] {
		if t.asked == nil {
			t.asked = map[string]bool{}
		}
		t.asked[key] = true
		t.known = append(t.known, key)
	}
	return t.peek(key)
}

// Value returns what stands under key and makes the key a known one; nil for a missing one.
func (t *Table) Value(key string) any { return t.Node(key).Is }

// Peek returns what stands under key and leaves an unknown key unknown.
func (t *Table) Peek(key string) any { return t.peek(key).Is }

func (t *Table) peek(key string) *Node {
	if n := t.node.table()[key]; n != nil {
		return n
	}
	return &Node{Key: t.node.at()}
}

// Reportf adds an error about key. The format is behind the subject.
func (t *Table) Reportf(key, format string, args ...any) {
	t.reportAt(t.peek(key).at(), format, args...)
}

// Caution adds a warning about the value under key.
func (t *Table) Caution(key, format string, args ...any) {
	t.caution(t.Path(key), t.peek(key), format, args...)
}

// CautionItem adds a warning about one of the list under key.
func (t *Table) CautionItem(key string, i int, format string, args ...any) {
	if items, ok := t.Peek(key).([]*Node); ok && i < len(items) {
		t.caution(fmt.Sprintf("%s[%d]", t.Path(key), i), items[i], format, args...)
	}
}

func (t *Table) caution(path string, n *Node, format string, args ...any) {
	t.Warnf(n.at(), "%s", t.about("%s is %s: %s", path, Show(n.Is), fmt.Sprintf(format, args...)))
}

// Cautionf adds a warning about key.
func (t *Table) Cautionf(key, format string, args ...any) {
	t.Warnf(t.peek(key).at(), "%s", t.about(format, args...))
}

func (t *Table) reportAt(at Position, format string, args ...any) {
	t.Addf(at, "%s", t.about(format, args...))
}

func (t *Table) about(format string, args ...any) string {
	text := fmt.Sprintf(format, args...)
	if t.subject != "" {
		text = t.subject + ": " + text
	}
	return text
}

// Refuse reports the value under key and says what to write instead.
func (t *Table) Refuse(key, write string, args ...any) {
	t.refuse(t.Path(key), t.peek(key), write, args...)
}

// RefuseItem reports one of the list under key.
func (t *Table) RefuseItem(key string, i int, write string, args ...any) {
	if items, ok := t.Peek(key).([]*Node); ok && i < len(items) {
		t.refuse(fmt.Sprintf("%s[%d]", t.Path(key), i), items[i], write, args...)
	}
}

func (t *Table) refuse(path string, n *Node, write string, args ...any) {
	t.reportAt(n.at(), "%s is %s: %s", path, Show(n.Is), fmt.Sprintf(write, args...))
}

// Unknown reports the keys that nobody asked for, and returns those that were likely meant by them.
func (t *Table) Unknown() (meant []string) {
	for _, key := range t.Unasked() {
		if t.full() { // before a hint is sought in vain
			t.skipped++
			continue
		}
		known, way := t.hint(key)
		t.reportAt(t.node.table()[key].Key, "unknown key %s: %s", t.Path(key), way)
		meant = append(meant, known)
	}
	return meant
}

// Also takes in what others call our keys, for hints.
func (t *Table) Also(names map[string][]string) { t.also = names }

// hint returns the way out for an unknown key: what others call so, one that begins so, the table that has such a key, or the nearest. The
// key that was likely meant is empty where it would be none of this table.
func (t *Table) hint(key string) (meant, way string) {
	sought := fold(key)
	for _, means := range []func(known string) bool{
		func(known string) bool { return fold(known) == sought },
		func(known string) bool {
			return slices.ContainsFunc(t.also[known], func(name string) bool { return fold(name) == sought })
		},
		func(known string) bool { return strings.HasPrefix(known, key+"-") },
		func(known string) bool {
			return slices.ContainsFunc(t.also[known], func(name string) bool { return isSlip(sought, fold(name)) })
		},
	} {
		if i := slices.IndexFunc(t.known, means); i >= 0 {
			return t.known[i], didYouMean(t.known[i])
		}
	}
	if way := t.wayHome(key); way != "" {
		return "", way
	}
	return t.suggest(key, t.known)
}

// wayHome returns where to write a key that is known in another table, or nothing.
func (t *Table) wayHome(key string) string {
	if t.home == nil {
		return ""
	}
	header, keys := t.home(t.subject, t.path)
	i := slices.IndexFunc(keys, func(known string) bool { return fold(known) == fold(key) })
	if i < 0 {
		return ""
	}
	if _, isTable := t.Peek(key).(map[string]*Node); isTable && t.subject == "" && t.path == "" {
		return fmt.Sprintf("write [%s.%s] below its %s", strings.Trim(header, "[]"), keys[i], header)
	}
	return "write it directly below " + header
}

// fold leaves out of a name what only the way of writing decides.
func fold(name string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(name))
}

// Unasked returns the keys that nobody asked for, sorted.
func (t *Table) Unasked() []string {
	return slices.DeleteFunc(t.Keys(), func(key string) bool { return t.asked[key] })
}

// Known returns the keys that were asked for.
func (t *Table) Known() []string { return t.known }
