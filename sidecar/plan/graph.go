package plan

import (
	"maps"
	"slices"
)

// Edge is one thing that a process waits for before it is started.
type Edge struct {
	On        int // index in Processes
	Condition Condition
	// Soft edges are the app's on sidecars that are not essential and that it did not ask for: it waits for them, and goes on
	// without those that end instead.
	Soft bool
}

// Processes are the sidecars in their order and, last, the app.
func (p Plan) Processes() []Process {
	return slices.Concat(p.Sidecars, []Process{p.App})
}

// Graph gives for each of Processes what it waits for: what depends-on names and, for the app, that every sidecar has
// started which does not itself wait for the app. A name that the plan doesn't have is no edge.
func (p Plan) Graph() [][]Edge {
	processes := p.Processes()
	app := len(processes) - 1
	index := make(map[string]int, len(processes))
	for i, q := range processes {
		index[q.Name] = i
	}
	graph := make([][]Edge, len(processes))
	for i, q := range processes {
		for _, name := range slices.Sorted(maps.Keys(q.DependsOn)) {
			if on, ok := index[name]; ok {
				graph[i] = append(graph[i], Edge{On: on, Condition: q.DependsOn[name]})
			}
		}
	}
	for i, q := range p.Sidecars {
		if _, asked := p.App.DependsOn[q.Name]; !asked && !reaches(graph, i, app) {
			graph[app] = append(graph[app], Edge{On: i, Condition: Started, Soft: !q.Essential})
		}
	}
	return graph
}

// reaches tells whether from waits for to, at once or through others.
func reaches(graph [][]Edge, from, to int) bool {
	seen := make([]bool, len(graph))
	var visit func(int) bool
	visit = func(i int) bool {
		if seen[i] {
			return false
		}
		seen[i] = true
		return i == to || slices.ContainsFunc(graph[i], func(e Edge) bool { return visit(e.On) })
	}
	return visit(from)
}
