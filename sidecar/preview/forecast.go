// Package preview shows people what becomes of a plan before anything runs: who waits for whom, how long a start and a stop can take, and
// who has how much memory.
package preview

import (
	"math"
	"slices"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// Start is how late a process can be started and have started, in seconds since the supervisor's start. Both are +Inf where nothing bounds
// what it waits for.
type Start struct {
	From, Started float64
	// Openly says that nothing bounds how long it takes until others may go on: they wait for it to be ready, or to complete.
	Openly plan.Condition
}

// Starts returns the latest starts of a plan's Processes. A sidecar that is started again after a failed start takes longer.
func Starts(p plan.Plan) []Start {
	graph, processes := p.Graph(), p.Processes()
	starts, known := make([]Start, len(graph)), make([]bool, len(graph))
	var look func(i int) Start
	look = func(i int) Start {
		if known[i] {
			return starts[i]
		}
		known[i] = true
		s := &starts[i]
		for _, e := range graph[i] {
			s.From = max(s.From, holds(look(e.On), processes[e.On], e.Condition))
		}
		s.Started = s.From + startupSeconds(processes[i])
		s.Openly = openly(graph, processes, i)
		return *s
	}
	for i := range graph {
		look(i)
	}
	return starts
}

// holds returns when a condition of a process holds at the latest.
func holds(s Start, p plan.Process, condition plan.Condition) float64 {
	if condition == plan.Completed || condition == plan.Ready && p.ReadinessProbe != nil {
		return math.Inf(1)
	}
	return s.Started
}

// openly returns the condition of process i that others wait for without a bound.
func openly(graph [][]plan.Edge, processes []plan.Process, i int) plan.Condition {
	for _, edges := range graph {
		for _, e := range edges {
			if e.On == i && math.IsInf(holds(Start{}, processes[i], e.Condition), 1) {
				return e.Condition
			}
		}
	}
	return ""
}

// startupSeconds returns what a startup probe allows: a check each period, or as often as its timeout lets it.
func startupSeconds(p plan.Process) float64 {
	probe := p.StartupProbe
	if probe == nil {
		return 0
	}
	timeout := probe.Timeout().Seconds()
	return probe.InitialDelaySeconds + max(probe.PeriodSeconds, timeout)*float64(probe.FailureThreshold-1) + timeout
}

// Stop is when a process that does not end by itself is told to stop, and killed, in seconds since the stop began. Before it is told it
// drains: its delay, and then its pre-stop.
type Stop struct {
	From, Delayed, Told, Killed float64
	// Short says that the budget leaves it less than it has declared.
	Short bool
}

// reserve is what the supervisor keeps of the budget for the sidecars, in seconds.
const reserve = 1

// Stops returns the latest stops of a plan's Processes within a budget of seconds.
func Stops(p plan.Plan, budget float64) []Stop {
	processes := p.Processes()
	graph, app := p.Graph(), len(processes)-1
	stops, known := make([]Stop, len(processes)), make([]bool, len(processes))
	stops[app], known[app] = stopApp(processes[app], budget, app > 0), true
	var look func(i int) Stop
	look = func(i int) Stop {
		if known[i] {
			return stops[i]
		}
		known[i] = true
		from := stops[app].Killed
		for j := range graph {
			if j != app && slices.ContainsFunc(graph[j], func(e plan.Edge) bool { return e.On == i }) {
				from = max(from, look(j).Killed)
			}
		}
		stops[i] = stop(processes[i], from, budget, func(float64) float64 { return processes[i].StopGracePeriodSeconds })
		return stops[i]
	}
	for i := range processes {
		look(i)
	}
	return stops
}

// stopApp returns the app's stop, which comes first. It has what it declares, or all of the budget but what is kept for the sidecars.
func stopApp(app plan.Process, budget float64, sidecars bool) Stop {
	grace := func(at float64) float64 {
		left := max(0, budget-at)
		if sidecars {
			left -= min(reserve, left/2)
		}
		if app.StopGracePeriodSeconds > 0 {
			return min(left, app.StopGracePeriodSeconds)
		}
		return left
	}
	return stop(app, 0, budget, grace)
}

// stop returns a stop that begins at from. Neither delay nor pre-stop takes more than half of what is left of the budget.
func stop(p plan.Process, from, budget float64, grace func(at float64) float64) Stop {
	s := Stop{From: from}
	s.Delayed = from + min(p.StopDelaySeconds, max(0, budget-from)/2)
	s.Told = s.Delayed
	if p.PreStop != nil {
		s.Told += min(grace(s.Delayed), max(0, budget-s.Delayed)/2)
	}
	s.Killed = min(s.Told+grace(s.Told), budget)
	s.Short = s.Killed-s.Told < p.StopGracePeriodSeconds || s.Delayed-from < p.StopDelaySeconds
	return s
}
