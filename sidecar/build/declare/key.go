package declare

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare/document"
)

// Key describes one key of a declaration.
type Key struct {
	Name     string
	Default  any    // nil where there is none
	Unset    string // what holds without the key, where Default doesn't say it
	Required string // what is said where a key is missing that has to be there; empty for all others
	Doc      string // one line of Markdown, for a page in docs
	Manifest string // what a Cloud Foundry manifest's sidecar calls it; empty where it has no such key
	Type     Type   // set by row
}

var link = regexp.MustCompile(`\[([^]]+)\]\(([^)]+)\)`)

// Text returns Doc for those who don't read it in docs: a link as its words and, in parentheses, the page's path in the repository.
func (k Key) Text() string { return link.ReplaceAllString(k.Doc, "$1 (docs/$2)") }

// isMissing reports whether a key that has to be in the table isn't.
func (k Key) isMissing(t *document.Table) bool {
	v := t.Peek(k.Name)
	return k.Required != "" && (v == nil || v == "")
}

// Type describes how a key's value is written.
type Type struct {
	Name      string   // such as "list of text"
	Words     []string // all that may be written, where it is one of a few words
	Low, High float64  // bounds of a number; both 0: none
	Keys      []Key    // of the table that it is, or of each table of the list
}

// kind is a Type and how it is read. What is wrong is reported to the table and reads as otherwise.
type kind[V any] struct {
	Type
	read func(t *document.Table, key string, otherwise V) V
}

// key is one row of the table of a T's keys.
type key[T any] struct {
	Key
	read func(t *document.Table, into *T)
	copy func(from T, into *T)
	same func(a, b T) bool // of what the key stands for
}

// row ties a key to its kind and to the field that it fills.
func row[T, V any](k Key, is kind[V], field func(*T) *V) key[T] {
	k.Type = is.Type
	otherwise, ok := k.Default.(V)
	if k.Default != nil && !ok {
		panic(fmt.Sprintf("the default of %s is a %T", k.Name, k.Default))
	}
	return key[T]{
		Key: k,
		read: func(t *document.Table, into *T) {
			if k.isMissing(t) {
				t.Value(k.Name) // makes it a known one
				return
			}
			*field(into) = is.read(t, k.Name, otherwise)
		},
		copy: func(from T, into *T) { *field(into) = *field(&from) },
		same: func(a, b T) bool { return reflect.DeepEqual(*field(&a), *field(&b)) },
	}
}

// keys is the table of all keys that a T has, in the order in which they are documented.
type keys[T any] []key[T]

// read reads every key of a table, and reports the others and what is missing, unless one of the others was likely meant to be it.
func (all keys[T]) read(t *document.Table) T {
	var v T
	for _, k := range all {
		k.read(t, &v)
	}
	t.Also(elsewhere)
	meant := t.Unknown()
	for _, k := range all {
		if k.isMissing(t) && !slices.Contains(meant, k.Name) {
			t.Reportf(k.Name, "%s is missing: %s", t.Path(k.Name), k.Required)
		}
	}
	return v
}

// defaults returns a T of which nothing was declared.
func (all keys[T]) defaults() T {
	var v T
	for _, k := range all {
		if k.Required == "" {
			k.read(document.NewTable(nil, nil, ""), &v)
		}
	}
	return v
}

// take copies what one key stands for.
func (all keys[T]) take(name string, from T, into *T) {
	for _, k := range all {
		if k.Name == name {
			k.copy(from, into)
		}
	}
}

// declared returns the names of the keys for which v has something else than where nothing is declared.
func (all keys[T]) declared(v T) (names []string) {
	defaults := all.defaults()
	for _, k := range all {
		if !k.same(v, defaults) {
			names = append(names, k.Name)
		}
	}
	return names
}

func (all keys[T]) names() (names []string) {
	for _, k := range all {
		names = append(names, k.Name)
	}
	return names
}

func (all keys[T]) describe() []Key {
	var described []Key
	for _, k := range all {
		described = append(described, k.Key)
	}
	return described
}

// Keys returns all keys of a declaration's document, those of tables in their types.
func Keys() []Key {
	return []Key{
		{Name: "app", Doc: "the main process", Type: Type{Name: "table", Keys: appKeys.describe()}},
		{Name: "sidecars", Doc: "the processes beside it", Type: Type{Name: "list of tables", Keys: sidecarKeys.describe()}},
	}
}
