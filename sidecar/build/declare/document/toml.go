package document

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
	"github.com/pelletier/go-toml/v2/unstable"
)

// ReadTOML reads a document, nil where there is an error, which p then has.
//
// One library reads the values, the other says where they stand. The other goes first: its work is bounded by the text's length, and it
// sees nesting that would take the one minutes.
func ReadTOML(text []byte, p *Problems) *Node {
	if len(text) > MaxBytes {
		p.Addf(Position{}, "%w", ErrTooLarge)
		return nil
	}
	if bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) {
		p.Addf(Position{}, "it is UTF-16: save it as UTF-8")
		return nil
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")) // a byte order mark, which some editors write
	places, at, err := placesOf(text)
	if err != nil {
		p.Addf(at, "%w", err)
		return nil
	}
	return decode(text, places, p)
}

// ReadEncodedTOML reads a document that a program has encoded: without bounds and without positions.
func ReadEncodedTOML(text []byte, p *Problems) *Node { return decode(text, nil, p) }

func decode(text []byte, places *place, p *Problems) *Node {
	values := map[string]any{}
	err := toml.Unmarshal(text, &values)
	var syntax toml.ParseError
	if errors.As(err, &syntax) {
		p.Addf(Position{syntax.Position.Line, syntax.Position.Col}, "not TOML: %s", cut(strings.TrimSuffix(syntax.Message, ".")))
		return nil
	}
	if err != nil {
		p.Addf(Position{}, "not TOML: %s", cut(err.Error()))
		return nil
	}
	return join(values, places)
}

// join makes a tree of values and their places; nil for a place that isn't known.
func join(value any, at *place) *Node {
	n := &Node{Is: value}
	if at != nil {
		n.Key, n.Value = at.key, at.value
	}
	switch value := value.(type) {
	case map[string]any:
		n.Is = joinTable(value, at)
	case []map[string]any: // [[key]]
		items := make([]*Node, len(value))
		for i, v := range value {
			items[i] = join(v, at.item(i))
		}
		n.Is = items
	case []any:
		items := make([]*Node, len(value))
		for i, v := range value {
			items[i] = join(v, at.item(i))
		}
		n.Is = items
	}
	return n
}

func joinTable(values map[string]any, at *place) map[string]*Node {
	table := make(map[string]*Node, len(values))
	for key, v := range values {
		var inner *place
		if at != nil {
			inner = at.keys[key]
		}
		table[key] = join(v, inner)
	}
	return table
}

// place is where a value of a TOML document stands, and what is in it.
type place struct {
	key, value Position
	keys       map[string]*place
	items      []*place
}

func (p *place) item(i int) *place {
	if p == nil || i >= len(p.items) {
		return nil
	}
	return p.items[i]
}

// under returns the place under a key, which it makes where there is none.
func (p *place) under(key string, at Position) *place {
	if p.keys == nil {
		p.keys = map[string]*place{}
	}
	inner := p.keys[key]
	if inner == nil {
		inner = &place{key: at}
		p.keys[key] = inner
	}
	return inner
}

// last returns the newest of [[key]]'s tables, or the place itself where it is no such list.
func (p *place) last() *place {
	if len(p.items) == 0 {
		return p
	}
	return p.items[len(p.items)-1]
}

// placer walks over a document's syntax.
type placer struct {
	unstable.Parser
	positions []Position // of each byte
	tooDeep   Position
}

// placesOf returns where everything stands, or what is wrong and where.
func placesOf(text []byte) (*place, Position, error) {
	p := placer{positions: positionsIn(text)}
	p.Reset(text)
	root := &place{}
	table := root
	for p.NextExpression() {
		switch e := p.Expression(); e.Kind {
		case unstable.Table:
			table = p.follow(root, e.Key()).last()
		case unstable.ArrayTable:
			list := p.follow(root, e.Key())
			table = &place{key: list.key}
			if it := e.Key(); it.Next() {
				table.key = p.position(it.Node())
			}
			list.items = append(list.items, table)
		case unstable.KeyValue:
			p.keyValue(table, e, 0)
		}
		if p.tooDeep != (Position{}) {
			return nil, p.tooDeep, fmt.Errorf("it is nested more than %d deep, which no declaration needs to be", maxNesting)
		}
	}
	var syntax *unstable.ParserError
	if err := p.Error(); errors.As(err, &syntax) {
		offset := int(p.Range(syntax.Highlight).Offset)
		if unquoted(text, offset) {
			return nil, p.positions[offset], fmt.Errorf("not TOML: %s: write text in quotes", cut(syntax.Message))
		}
		return nil, p.positions[offset], fmt.Errorf("not TOML: %s", cut(syntax.Message))
	} else if err != nil {
		return nil, Position{}, fmt.Errorf("not TOML: %s", cut(err.Error()))
	}
	return root, Position{}, nil
}

// unquoted reports whether what is wrong at an offset is in a word or a path without quotes.
func unquoted(text []byte, offset int) bool {
	start := bytes.LastIndexByte(text[:offset], '\n') + 1
	before, from := text[start:offset], bytes.LastIndexAny(text[start:offset], "=[,")
	if from < 0 || bytes.ContainsAny(before, `"'#`) {
		return false
	}
	value := bytes.TrimLeft(text[start+from+1:], " \t")
	first, _ := utf8.DecodeRune(value)
	return unicode.IsLetter(first) || strings.ContainsRune("./~$", first)
}

// follow goes along a key's dots, into the newest table of each list but the last.
func (p *placer) follow(from *place, parts unstable.Iterator) *place {
	at := from
	for depth := 1; parts.Next(); depth++ {
		key := parts.Node()
		if depth > maxNesting {
			p.tooDeep = p.position(key)
			return at
		}
		at = at.last().under(string(key.Data), p.position(key))
	}
	return at
}

func (p *placer) keyValue(table *place, e *unstable.Node, depth int) {
	p.value(p.follow(table, e.Key()), e.Value(), depth)
}

// value takes in a value and what is in it.
func (p *placer) value(into *place, v *unstable.Node, depth int) {
	if v.Raw.Length > 0 {
		into.value = p.position(v)
	}
	if depth > maxNesting {
		p.tooDeep = into.key
		return
	}
	children := v.Children()
	for children.Next() && p.tooDeep == (Position{}) {
		child := children.Node()
		switch v.Kind {
		case unstable.InlineTable:
			p.keyValue(into, child, depth+1)
		case unstable.Array:
			item := &place{key: into.key}
			into.items = append(into.items, item)
			p.value(item, child, depth+1)
		}
	}
}

func (p *placer) position(n *unstable.Node) Position { return p.positions[n.Raw.Offset] }

// positionsIn returns the position of each byte, and of the end.
func positionsIn(text []byte) []Position {
	positions := make([]Position, len(text)+1)
	at := Position{1, 1}
	for i, b := range text {
		positions[i] = at
		switch {
		case b == '\n':
			at = Position{at.Line + 1, 1}
		case i+1 < len(text) && text[i+1]&0xC0 != 0x80: // the next byte begins a character
			at.Column++
		}
	}
	positions[len(text)] = at
	return positions
}
