package export

import (
	"slices"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// AfterApp reports whether process i of a plan's graph waits for the app, itself or through others.
func AfterApp(graph [][]plan.Edge, i int) bool {
	app := len(graph) - 1
	return slices.ContainsFunc(graph[i], func(e plan.Edge) bool { return e.On == app || AfterApp(graph, e.On) })
}
