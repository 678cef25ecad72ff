package preview

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// object is a plan's preview for programs. Times are in seconds, null where nothing bounds them.
type object struct {
	Type              string    `json:"type"`
	StopBudgetSeconds float64   `json:"stopBudgetSeconds"`
	Processes         []process `json:"processes"`
}

type process struct {
	Name      string   `json:"name"` // of the app: app
	Command   []string `json:"command,omitempty"`
	WaitsFor  []wait   `json:"waitsFor"`
	Essential bool     `json:"essential"`

	LatestStartSeconds   *float64 `json:"latestStartSeconds"`
	LatestStartedSeconds *float64 `json:"latestStartedSeconds"`

	StopBeginsSeconds float64 `json:"stopBeginsSeconds"`
	ToldSeconds       float64 `json:"toldSeconds"`
	KilledSeconds     float64 `json:"killedSeconds"`

	MemoryBytes *int64 `json:"memoryBytes,omitempty"`
}

type wait struct {
	Name      string         `json:"name"`
	Condition plan.Condition `json:"condition"`
}

// JSON writes what Draw shows of several plans for programs: a list with an object for each.
func JSON(w io.Writer, plans []plan.Plan, budget float64, memory func(plan.Plan) []Memory) error {
	objects := []object{}
	for _, p := range plans {
		o := object{Type: p.Type, StopBudgetSeconds: budget}
		starts, stops, sizes := Starts(p), Stops(p, budget), map[string]plan.Size{}
		for _, m := range memory(p) {
			sizes[m.Name] = m.Size
		}
		for _, i := range order(p.Graph()) {
			q := p.Processes()[i]
			one := process{Name: q.Name, Command: q.Command, Essential: q.Essential, WaitsFor: []wait{},
				LatestStartSeconds: bounded(starts[i].From), LatestStartedSeconds: bounded(starts[i].Started),
				StopBeginsSeconds: stops[i].From, ToldSeconds: stops[i].Told, KilledSeconds: stops[i].Killed}
			for _, e := range p.Graph()[i] {
				one.WaitsFor = append(one.WaitsFor, wait{p.Processes()[e.On].Name, e.Condition})
			}
			name := q.Name
			if i == len(p.Sidecars) {
				name = p.Type
			}
			if size := int64(sizes[name]); size > 0 {
				one.MemoryBytes = &size
			}
			o.Processes = append(o.Processes, one)
		}
		objects = append(objects, o)
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(objects)
}

func bounded(seconds float64) *float64 {
	if math.IsInf(seconds, 1) {
		return nil
	}
	return &seconds
}

// Mermaid writes who waits for whom as a flowchart for Markdown (mermaid.js.org).
func Mermaid(w io.Writer, plans []plan.Plan) {
	fmt.Fprintln(w, "flowchart LR")
	for n, p := range plans {
		id := func(i int) string { return fmt.Sprintf("p%d_%d", n, i) }
		fmt.Fprintf(w, "  subgraph s%d[%s]\n", n, label(p.Type))
		for i, q := range p.Processes() {
			shape := [2]string{"(", ")"}
			if i == len(p.Sidecars) {
				shape = [2]string{"[[", "]]"}
				q.Name = p.Type
			}
			fmt.Fprintf(w, "    %s%s%s%s\n", id(i), shape[0], label(q.Name), shape[1])
		}
		for i, edges := range p.Graph() {
			for _, e := range edges {
				arrow := "-->"
				if e.Soft {
					arrow = "-.->"
				}
				fmt.Fprintf(w, "    %s %s|%s| %s\n", id(e.On), arrow, e.Condition, id(i))
			}
		}
		fmt.Fprintln(w, "  end")
	}
}

// label quotes a name as Mermaid has it.
func label(name string) string { return `"` + strings.ReplaceAll(name, `"`, "#quot;") + `"` }
