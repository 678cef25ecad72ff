// Package document reads TOML and YAML into one kind of tree, whose every value knows where it stands, and gathers what is wrong with it.
package document

import "errors"

// What no declaration needs to exceed. The work that a document makes is bounded by them.
const (
	MaxBytes   = 256 << 10
	maxNesting = 64
	maxValues  = 50_000 // with those behind aliases counted wherever they are used
)

// ErrTooLarge says that a document has more than MaxBytes.
var ErrTooLarge = errors.New("it is larger than 256 KiB, which no declaration needs to be")

// Position is a place in a document, counted in lines and characters from 1. The zero Position is unknown.
type Position struct{ Line, Column int }

// Node is a value of a document.
type Node struct {
	Key   Position // of the key that it stands under, where it has one
	Value Position // of the value itself
	Is    any      // nil, bool, int64, float64, string, time.Time, []*Node or map[string]*Node
	Text  string   // a YAML scalar as it is written
}

func (n *Node) table() map[string]*Node {
	table, _ := n.Is.(map[string]*Node)
	return table
}

// at returns the value's position, else its key's.
func (n *Node) at() Position {
	if n.Value != (Position{}) {
		return n.Value
	}
	return n.Key
}
