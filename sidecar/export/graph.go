package export

import (
	"slices"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// Awaited reports whether a process of a plan's graph waits for process i to be in that condition.
func Awaited(graph [][]plan.Edge, i int, condition plan.Condition) bool {
	return slices.ContainsFunc(graph, func(edges []plan.Edge) bool {
		return slices.ContainsFunc(edges, func(e plan.Edge) bool { return e.On == i && e.Condition == condition })
	})
}

// AfterApp reports whether process i of a plan's graph waits for the app, itself or through others.
func AfterApp(graph [][]plan.Edge, i int) bool {
	app := len(graph) - 1
	return slices.ContainsFunc(graph[i], func(e plan.Edge) bool { return e.On == app || AfterApp(graph, e.On) })
}
