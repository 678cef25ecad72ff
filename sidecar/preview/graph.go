package preview

import (
	"slices"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// signs are what a drawing is made of.
type signs struct {
	process, app, arrow, across, down, branch, last, join, joinLast string
	delay, preStop, grace, start, open, openEnd                     string
}

var (
	drawn = signs{"●", "◆", "►", "─", "│", "├", "└", "┼", "┴", "░", "▒", "█", "█", "┄", "►"}
	ascii = signs{"*", "@", ">", "-", "|", "|", "`", "+", "'", ".", ":", "#", "#", ".", ">"}
)

// row is a process in a drawing of a graph: its lanes, those below it, and which process it is.
type row struct {
	lanes, below string
	process      int
}

// rows draws a graph, a row for each process in the order that it is started in. A lane leads down from each process to the last that
// waits for it, and an arrow from the lanes to whoever waits.
func rows(p plan.Plan, s signs) []row {
	graph, order := p.Graph(), order(p.Graph())
	last := lastUses(graph, order)
	lanes, laneOf := []int{}, make([]int, len(graph)) // lanes has the process of each, or -1
	var all []row
	for at, i := range order {
		leftmost := 0
		for _, e := range graph[i] {
			leftmost = max(leftmost, laneOf[e.On]+1)
		}
		own := leftmost
		for own < len(lanes) && lanes[own] >= 0 {
			own++
		}
		for len(lanes) <= own {
			lanes = append(lanes, -1)
		}
		r := row{lanes: drawRow(graph[i], lanes, laneOf, own, func(on int) bool { return last[on] == at }, s), process: i}
		r.lanes += map[bool]string{false: s.process, true: s.app}[i == len(graph)-1]
		for lane, of := range lanes {
			if of >= 0 && last[of] <= at {
				lanes[lane] = -1
			}
		}
		lanes[own], laneOf[i] = i, own
		if last[i] <= at {
			lanes[own] = -1
		}
		for lane := own + 1; lane < len(lanes); lane++ { // those that pass to the right of it
			r.lanes += " " + passing(lanes[lane], s)
		}
		for _, of := range lanes {
			r.below += passing(of, s) + " "
		}
		all = append(all, r)
	}
	return all
}

func passing(of int, s signs) string {
	if of < 0 {
		return " "
	}
	return s.down
}

// drawRow draws what is left of a process: the lanes that pass, and those that lead to it.
func drawRow(edges []plan.Edge, lanes, laneOf []int, own int, ends func(on int) bool, s signs) string {
	var out strings.Builder
	leads := false
	for lane := range own {
		of := lanes[lane]
		isEdge := of >= 0 && slices.ContainsFunc(edges, func(e plan.Edge) bool { return e.On == of && laneOf[of] == lane })
		switch {
		case isEdge && ends(of):
			out.WriteString(map[bool]string{false: s.last, true: s.joinLast}[leads])
		case isEdge:
			out.WriteString(map[bool]string{false: s.branch, true: s.join}[leads])
		case of >= 0:
			out.WriteString(s.down)
		case leads:
			out.WriteString(s.across)
		default:
			out.WriteString(" ")
		}
		switch leads = leads || isEdge; {
		case leads && lane == own-1:
			out.WriteString(s.arrow)
		case leads:
			out.WriteString(s.across)
		default:
			out.WriteString(" ")
		}
	}
	return out.String()
}

// lastUses returns for each process the place in the order of the last that waits for it; -1 for none.
func lastUses(graph [][]plan.Edge, order []int) []int {
	last := make([]int, len(graph))
	for i := range last {
		last[i] = -1
	}
	for at, i := range order {
		for _, e := range graph[i] {
			last[e.On] = at
		}
	}
	return last
}

// order returns the processes of a graph so that each comes after all that it waits for, else in the order of the plan.
func order(graph [][]plan.Edge) []int {
	var order []int
	listed := make([]bool, len(graph))
	var list func(i int)
	list = func(i int) {
		if listed[i] {
			return
		}
		listed[i] = true
		for _, e := range graph[i] {
			list(e.On)
		}
		order = append(order, i)
	}
	for i := range graph {
		list(i)
	}
	return order
}
