package document

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// ReadYAML reads the first document of a text, nil where there is an error, which p then has. An empty one is an empty table. A key that is
// there twice has its last value, and gets a warning.
func ReadYAML(text []byte, p *Problems) *Node {
	if len(text) > MaxBytes {
		p.Addf(Position{}, "%w", ErrTooLarge)
		return nil
	}
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		at, reason := yamlError(err)
		p.Addf(at, "not YAML: %s", reason)
		return nil
	}
	if root.IsZero() || len(root.Content) == 0 {
		return &Node{Is: map[string]*Node{}}
	}
	if err := CheckAliases(&root); err != nil {
		p.Addf(Position{}, "%w", err)
		return nil
	}
	r := yamlReader{problems: p, warned: map[*yaml.Node]bool{}}
	n := r.node(root.Content[0])
	if p.Err() != nil {
		return nil
	}
	return n
}

// CheckAliases returns an error where a document has no end, or too many values, once what its aliases stand for is in their place.
func CheckAliases(root *yaml.Node) error {
	n, err := count(root, map[*yaml.Node]int{})
	switch {
	case err != nil:
		return fmt.Errorf("not YAML: %w", err)
	case n > maxValues:
		return fmt.Errorf("it has more than %d values, those behind its aliases included: write fewer", maxValues)
	}
	return nil
}

// count returns the number of values in a node, up to a little more than maxValues.
func count(node *yaml.Node, counted map[*yaml.Node]int) (int, error) {
	const open = -1
	switch n, seen := counted[node]; {
	case node == nil:
		return 0, nil
	case n == open:
		return 0, errors.New("an alias stands for what it is in")
	case seen:
		return n, nil
	}
	counted[node] = open
	n, err := count(node.Alias, counted)
	n++
	for _, child := range node.Content {
		var inner int
		if inner, err = count(child, counted); err != nil {
			break
		}
		n = min(n+inner, maxValues+1)
	}
	counted[node] = n
	return n, err
}

// yamlReader makes a tree of YAML's nodes, with what aliases and merge keys stand for in their place.
type yamlReader struct {
	problems *Problems
	warned   map[*yaml.Node]bool // tables that may be read several times, by aliases
}

func (r *yamlReader) node(from *yaml.Node) *Node {
	n := &Node{Value: Position{from.Line, from.Column}}
	switch from.Kind {
	case yaml.AliasNode:
		n = r.node(from.Alias)
		n.Value = Position{from.Line, from.Column}
	case yaml.SequenceNode:
		items := make([]*Node, len(from.Content))
		for i, item := range from.Content {
			items[i] = r.node(item)
		}
		n.Is = items
	case yaml.MappingNode:
		n.Is = r.table(from)
	case yaml.ScalarNode:
		n.Text = from.Value
		n.Is = r.scalar(from)
	}
	return n
}

func (r *yamlReader) scalar(from *yaml.Node) any {
	var v any
	if err := from.Decode(&v); err != nil {
		_, reason := yamlError(err)
		r.problems.Addf(Position{from.Line, from.Column}, "not YAML: %s", reason)
	}
	switch v := v.(type) {
	case int:
		return int64(v)
	case uint64: // more than an int64 has
		return float64(v)
	case string:
		if !utf8.ValidString(v) { // by !!binary
			r.problems.Addf(Position{from.Line, from.Column}, "not text: it has bytes that are no UTF-8")
		}
	}
	return v
}

func (r *yamlReader) table(from *yaml.Node) map[string]*Node {
	table, merged := map[string]*Node{}, map[string]*Node{}
	for i := 0; i+1 < len(from.Content); i += 2 {
		key, value := from.Content[i], from.Content[i+1]
		at := Position{key.Line, key.Column}
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		switch _, twice := table[key.Value]; {
		case key.Kind != yaml.ScalarNode:
			r.problems.Addf(at, "a key is a list or a table: write text")
			continue
		case key.Tag == "!!merge":
			r.merge(value, merged)
			continue
		case twice && !r.warned[from]:
			r.problems.Warnf(at, "the key %s is there twice: the last one counts", ShowKey(key.Value))
		}
		n := r.node(value)
		n.Key = at
		table[key.Value] = n
	}
	r.warned[from] = true
	for key, n := range merged {
		if table[key] == nil {
			table[key] = n
		}
	}
	return table
}

// merge takes in what <<: names, one table or several, of which the first goes before the others.
func (r *yamlReader) merge(from *yaml.Node, into map[string]*Node) {
	at := Position{from.Line, from.Column}
	if from.Kind == yaml.AliasNode {
		from = from.Alias
	}
	switch from.Kind {
	case yaml.MappingNode:
		for key, n := range r.table(from) {
			if into[key] == nil {
				into[key] = n
			}
		}
	case yaml.SequenceNode:
		for _, item := range from.Content {
			r.merge(item, into)
		}
	default:
		r.problems.Addf(at, "<< merges tables only: write an alias of a table")
	}
}

var yamlLine = regexp.MustCompile(`^line (\d+): `)

// yamlError returns what the library says and where.
func yamlError(err error) (Position, string) {
	reason := strings.TrimPrefix(err.Error(), "yaml: ")
	reason = strings.TrimSpace(strings.TrimPrefix(reason, "unmarshal errors:"))
	var at Position
	if found := yamlLine.FindStringSubmatch(reason); found != nil {
		at.Line, _ = strconv.Atoi(found[1])
		at.Column = 1
		reason = strings.TrimPrefix(reason, found[0])
	}
	return at, cut(fmt.Sprint(reason))
}
