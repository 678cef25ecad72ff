package preview

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// Style says how a drawing is made.
type Style struct {
	Width   int // columns
	Unicode bool
	// Heading and Detail change how a part of the text looks on a terminal; nil: not at all.
	Heading, Detail func(string) string
}

// Memory is what a process has, and what its runtime makes of it.
type Memory struct {
	Name   string
	Size   plan.Size // 0: it has none of its own
	Detail string    // of a Java sidecar: its regions
}

// drawing writes a plan for people.
type drawing struct {
	io.Writer
	plan.Plan
	Style
	signs
	names int // columns of a process's name
}

// Draw writes who is started when, how long a start and a stop within the budget's seconds can take, and who has how much of a total
// memory; 0: none is known.
func Draw(w io.Writer, p plan.Plan, budget float64, memory []Memory, total plan.Size, style Style) {
	d := drawing{w, p, style, ascii, 0}
	if style.Unicode {
		d.signs = drawn
	}
	for _, plain := range []*func(string) string{&d.Heading, &d.Detail} {
		if *plain == nil {
			*plain = func(text string) string { return text }
		}
	}
	for i := range p.Processes() {
		d.names = max(d.names, len([]rune(d.name(i))))
	}
	d.names = min(d.names, max(8, d.Width/4))
	d.graph()
	d.starts()
	d.stops(budget)
	d.memory(memory, total)
}

// name is what a drawing calls a process: the app by its type.
func (d drawing) name(i int) string {
	if i == len(d.Sidecars) {
		return d.Type
	}
	return d.Sidecars[i].Name
}

// fit makes a name as long as all are.
func (d drawing) fit(name string) string {
	runes := []rune(name)
	if len(runes) > d.names {
		return string(runes[:d.names-2]) + ".."
	}
	return name + strings.Repeat(" ", d.names-len(runes))
}

// line writes parts of a line, without the blanks at its end.
func (d drawing) line(parts ...string) {
	fmt.Fprintln(d, strings.TrimRight(strings.Join(parts, ""), " "))
}

func (d drawing) graph() {
	count := "no sidecars"
	if n := len(d.Sidecars); n == 1 {
		count = "1 sidecar"
	} else if n > 1 {
		count = fmt.Sprintf("%d sidecars", n)
	}
	d.line(d.Heading(d.Type), " and ", count)
	all := rows(d.Plan, d.signs)
	lanes := 0
	for _, r := range all {
		lanes = max(lanes, len([]rune(r.lanes)))
	}
	for _, r := range all {
		pad := strings.Repeat(" ", lanes-len([]rune(r.lanes)))
		text := wrapped(what(d.Plan, r.process), max(24, d.Width-lanes-d.names-6))
		d.line("  ", r.lanes, pad, "  ", d.fit(d.name(r.process)), "  ", text[0])
		for _, more := range text[1:] {
			below := r.below + strings.Repeat(" ", max(0, lanes-len([]rune(r.below))))
			d.line("  ", string([]rune(below)[:lanes]), "  ", strings.Repeat(" ", d.names), "  ", more)
		}
	}
}

// labelCells is what stands on a line beside a bar and a name.
const labelCells = 38

// mostCells is how wide the bars get: a label far from its bar is hard to read.
const mostCells = 72

// cells returns how wide all bars are together.
func (d drawing) cells() int { return min(d.Width-d.names-labelCells, mostCells) }

// openCells is how wide something is that nothing bounds.
const openCells = 6

// starts draws when each process is started and has started at the latest.
func (d drawing) starts() {
	starts := Starts(d.Plan)
	end := d.longest(starts)
	d.line()
	d.line(d.Heading("start"), ", if all take as long as they may: ", d.atMost(starts))
	cells := d.cells()
	scale := 0.0
	if end.seconds > 0 {
		scale = float64(max(0, cells-end.open*openCells)) / end.seconds
	}
	places := d.places()
	for _, i := range order(d.Graph()) {
		from := places[i]
		before := int(from.seconds*scale+0.5) + from.open*openCells
		length := int((from.seconds+startupSeconds(d.Processes()[i]))*scale+0.5) - int(from.seconds*scale+0.5)
		bar := strings.Repeat(d.start, max(1, length))
		if starts[i].Openly != "" {
			bar += strings.Repeat(d.open, openCells-1) + d.openEnd
		}
		pad := max(0, cells+1-before-len([]rune(bar)))
		d.line("  ", d.fit(d.name(i)), "  ", strings.Repeat(" ", before), bar, strings.Repeat(" ", pad), " ", d.startWords(i, starts[i], from))
	}
}

// place is a time in the drawing of a start: seconds, and how many waits without a bound come before.
type place struct {
	seconds float64
	open    int
}

// places returns where each process is started in the drawing.
func (d drawing) places() []place {
	graph, processes := d.Graph(), d.Processes()
	places := make([]place, len(graph))
	for _, i := range order(graph) {
		for _, e := range graph[i] {
			on := places[e.On]
			on.seconds += startupSeconds(processes[e.On])
			if math.IsInf(holds(Start{}, processes[e.On], e.Condition), 1) {
				on.open++
			}
			places[i].seconds, places[i].open = max(places[i].seconds, on.seconds), max(places[i].open, on.open)
		}
	}
	return places
}

func (d drawing) longest(starts []Start) (end place) {
	for i, p := range d.places() {
		end.seconds = max(end.seconds, p.seconds+startupSeconds(d.Processes()[i]))
		if starts[i].Openly != "" {
			p.open++
		}
		end.open = max(end.open, p.open)
	}
	return end
}

// atMost says how long a start takes until the app is started.
func (d drawing) atMost(starts []Start) string {
	app := starts[len(starts)-1]
	if math.IsInf(app.From, 1) {
		return "nothing bounds when " + d.Type + " is"
	}
	return d.Type + " is started after " + seconds(app.From)
}

func (d drawing) startWords(i int, s Start, at place) string {
	process, words := d.Processes()[i], ""
	switch {
	case s.Openly == plan.Completed:
		words = "completes, when it does"
	case s.Openly == plan.Ready:
		words = "is ready, when it is"
	case process.StartupProbe == nil:
		words = "started at " + seconds(at.seconds)
		if math.IsInf(s.From, 1) {
			words = "started then"
		}
	case math.IsInf(s.Started, 1):
		words = "started " + seconds(startupSeconds(process)) + " later"
	default:
		words = "started at " + seconds(s.Started)
	}
	if process.StartupProbe != nil && process.Restart != plan.Never && i < len(d.Sidecars) {
		words += ", or tried again"
	}
	return words
}

// stops draws when each process is told to stop, and killed, if none ends by itself.
func (d drawing) stops(budget float64) {
	stops := Stops(d.Plan, budget)
	end := 0.0
	for _, s := range stops {
		end = max(end, s.Killed)
	}
	d.line()
	d.line(d.Heading("stop"), ", if none ends by itself: all is over after ", seconds(end), " of the budget's ", seconds(budget))
	cells := float64(d.cells())
	cell := func(at float64) int { return int(at/budget*cells + 0.5) }
	all := order(d.Graph())
	app := len(stops) - 1
	var last []int
	for at := len(all) - 1; at >= 0; at-- {
		if all[at] != app {
			last = append(last, all[at])
		}
	}
	for _, i := range append([]int{app}, last...) {
		s := stops[i]
		bar := strings.Repeat(d.delay, cell(s.Delayed)-cell(s.From)) + strings.Repeat(d.preStop, cell(s.Told)-cell(s.Delayed)) +
			strings.Repeat(d.grace, max(1, cell(s.Killed)-cell(s.Told)))
		pad := max(0, int(cells)+1-cell(s.From)-len([]rune(bar)))
		d.line("  ", d.fit(d.name(i)), "  ", strings.Repeat(" ", cell(s.From)), bar, strings.Repeat(" ", pad), " ", d.stopWords(i, s))
	}
}

func (d drawing) stopWords(i int, s Stop) string {
	process, words := d.Processes()[i], ""
	if s.Told > s.From {
		words = "drains for " + seconds(s.Told-s.From) + ", "
	}
	if process.StopSignal != "SIGTERM" {
		words += process.StopSignal + ", "
	}
	if words += "killed after " + seconds(s.Killed-s.Told); s.Short && process.StopGracePeriodSeconds > 0 {
		words += " of its " + seconds(process.StopGracePeriodSeconds)
	}
	return words
}

// memory draws who has how much.
func (d drawing) memory(memory []Memory, total plan.Size) {
	all := total
	for _, m := range memory {
		if total == 0 {
			all += m.Size
		}
	}
	if all == 0 {
		return
	}
	d.line()
	if total > 0 {
		d.line(d.Heading("memory"), " ", total.Short())
	} else {
		d.line(d.Heading("memory"), ", as declared; --memory 1G shows what ", d.Type, " has")
	}
	cells := float64(d.cells())
	for _, m := range memory {
		if m.Size == 0 {
			continue
		}
		part := float64(m.Size) / float64(all)
		bar := strings.Repeat(d.grace, max(1, int(part*cells+0.5)))
		pad := strings.Repeat(" ", max(0, int(cells)+1-len([]rune(bar))))
		d.line("  ", d.fit(m.Name), "  ", bar, pad, " ", m.Size.Short(), fmt.Sprintf(", %.0f%%", part*100))
		if m.Detail != "" {
			for _, line := range wrapped("its JVM: "+m.Detail, d.Width-d.names-4) {
				d.line(strings.Repeat(" ", d.names+4), d.Detail(line))
			}
		}
	}
}

// seconds writes a time as short as it can be.
func seconds(s float64) string {
	return strconv.FormatFloat(math.Round(s*1000)/1000, 'f', -1, 64) + "s"
}
