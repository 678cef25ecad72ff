package kubernetes

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/export"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// shape says which processes of a plan get a container of their own.
type shape struct {
	plan  plan.Plan
	graph [][]plan.Edge
	apart []bool   // by the plan's Processes; the app's is false
	names []string // by the plan's Processes, of their containers
}

// shapeOf decides which sidecars leave the app's container.
func shapeOf(p plan.Plan, kind string) shape {
	s := shape{plan: p, graph: p.Graph(), apart: make([]bool, len(p.Sidecars)+1)}
	for i, sidecar := range p.Sidecars {
		s.apart[i] = kind == ShapeSplit || kind == ShapeAuto && !sidecar.Essential
	}
	if kind == ShapeAuto {
		s.keepDependents()
	}
	s.nameContainers()
	return s
}

// nameContainers gives each process's container a name that no other has.
func (s *shape) nameContainers() {
	app := label(cmp.Or(plan.Slug(s.plan.Type), "app"))
	for _, sidecar := range s.plan.Sidecars {
		name := label(sidecar.Name)
		for n := 2; name == app || slices.Contains(s.names, name); n++ {
			name = fmt.Sprintf("%s-%d", strings.TrimSuffix(label(sidecar.Name), fmt.Sprintf("-%d", n-1)), n)
		}
		s.names = append(s.names, name)
	}
	s.names = append(s.names, app)
}

// keepDependents keeps together with the app what waits for something that stays there: native sidecars start before it.
func (s shape) keepDependents() {
	for changed := true; changed; {
		changed = false
		for i := range s.plan.Sidecars {
			if s.apart[i] && slices.ContainsFunc(s.graph[i], func(e plan.Edge) bool { return !s.apart[e.On] }) {
				s.apart[i], changed = false, true
			}
		}
	}
}

// afterApp reports whether process i waits for the app, itself or through others.
func (s shape) afterApp(i int) bool { return export.AfterApp(s.graph, i) }

// awaited reports whether another process waits for process i to be in that condition.
func (s shape) awaited(i int, condition plan.Condition) bool {
	return export.Awaited(s.graph, i, condition)
}
