package export

import (
	"fmt"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/show"
)

// Need is something that has to be there before what was exported can run.
type Need struct {
	Object string `json:"object"` // such as a Secret and its name
	Text   string `json:"text"`   // what is in it, or how it is made
}

// String returns the need on one line.
func (n Need) String() string { return show.Text(fmt.Sprintf("%s: %s", n.Object, n.Text)) }

// Needs are collected while something is exported.
type Needs []Need

// Add adds a Need, once. The text is formatted as by fmt.Sprintf.
func (n *Needs) Add(object, format string, args ...any) {
	need := Need{object, fmt.Sprintf(format, args...)}
	for _, other := range *n {
		if other == need {
			return
		}
	}
	*n = append(*n, need)
}
