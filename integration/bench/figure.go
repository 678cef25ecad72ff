package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
)

// figure is one thing that is measured of every peer, in rounds.
type figure struct {
	name   string
	format string // of a value, such as "%.1f ms"
	floor  string // the peer that the others are compared with; empty where it is not about ratios
	budget budget
	values map[string][]float64 // by peer: one a round, NaN where there is none
}

// budget is what our own value, or its ratio to the floor's, may be. Without a limit there is none.
type budget struct {
	limit   float64
	atLeast bool // the limit is the least that it may be
	known   bool
}

func atMost(limit float64) budget  { return budget{limit: limit, known: true} }
func atLeast(limit float64) budget { return budget{limit: limit, known: true, atLeast: true} }

func newFigure(name, format, floor string, budget budget) *figure {
	return &figure{name: name, format: format, floor: floor, budget: budget, values: map[string][]float64{}}
}

// measure has every peer take its turn in each round, so that what else the machine does hits all alike; a first round warms up. Each round
// has an order of its own, the same in each run: whoever comes next finds what the one before has left behind. The values are those of
// figures, in their order.
func measure(rounds int, peers []peer, figures []*figure, values func(peer) ([]float64, error)) {
	turns, orders := slices.Clone(peers), rand.New(rand.NewPCG(1, 2))
	for round := range rounds + 1 {
		orders.Shuffle(len(turns), func(i, j int) { turns[i], turns[j] = turns[j], turns[i] })
		for _, p := range turns {
			if p.slow && round%5 != 1 {
				continue
			}
			v, err := values(p)
			if err != nil {
				fmt.Fprintln(os.Stderr, "bench:", err)
				v = slices.Repeat([]float64{math.NaN()}, len(figures))
			}
			if round > 0 {
				for i, f := range figures {
					f.add(p.name, v[i])
				}
			}
		}
	}
}

func (f *figure) add(peer string, value float64) { f.values[peer] = append(f.values[peer], value) }

// median of a peer's values; NaN where there is none.
func (f *figure) median(peer string) float64 { return median(f.values[peer]) }

// ratio is the median over the rounds of a peer's value to the floor's. Where a peer took no part in all, it is the medians' ratio.
func (f *figure) ratio(peer string) float64 {
	values, floor := f.values[peer], f.values[f.floor]
	if len(values) != len(floor) {
		return median(values) / median(floor)
	}
	ratios := make([]float64, len(values))
	for i := range values {
		ratios[i] = values[i] / floor[i]
	}
	return median(ratios)
}

func median(values []float64) float64 {
	sorted := slices.DeleteFunc(slices.Sorted(slices.Values(values)), math.IsNaN)
	if len(sorted) == 0 {
		return math.NaN()
	}
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// cell shows a peer's value and, in brackets, its ratio.
func (f *figure) cell(peer string) string {
	value := f.median(peer)
	switch {
	case math.IsNaN(value):
		return ""
	case f.floor == "":
		return fmt.Sprintf(f.format, value)
	}
	return fmt.Sprintf(f.format+" (%.2f)", value, f.ratio(peer))
}

// row shows what we cost, what the floor does, and whether that is within the budget.
func (f *figure) row(own string) []string {
	cells := []string{f.name, "", fmt.Sprintf(f.format, f.median(own)), "", "", ""}
	held := f.median(own)
	if f.floor != "" {
		held = f.ratio(own)
		cells[1], cells[3] = fmt.Sprintf(f.format, f.median(f.floor)), fmt.Sprintf("%.2f", held)
	}
	if !f.budget.known {
		return cells
	}
	limit := fmt.Sprintf(f.format, f.budget.limit)
	if f.floor != "" {
		limit = fmt.Sprintf("%.2f", f.budget.limit)
	}
	words, over := "at most ", held > f.budget.limit
	if f.budget.atLeast {
		words, over = "at least ", held < f.budget.limit
	}
	cells[4], cells[5] = words+limit, "ok"
	if over || math.IsNaN(held) {
		cells[5] = "**over**"
	}
	return cells
}

// costs is the table of what we cost.
func costs(name, own string, figures ...*figure) table {
	t := table{name: name, header: []string{"figure", "floor", "Sidecar", "ratio", "budget", "held"}}
	for _, f := range figures {
		t.rows = append(t.rows, f.row(own))
	}
	return t
}

// compared is the table of all peers.
func compared(name string, peers []string, figures ...*figure) table {
	t := table{name: name, header: []string{""}}
	for _, f := range figures {
		t.header = append(t.header, f.name)
	}
	for _, p := range peers {
		row := []string{p}
		for _, f := range figures {
			row = append(row, f.cell(p))
		}
		t.rows = append(t.rows, row)
	}
	return t
}

func names(peers []peer) (names []string) {
	for _, p := range peers {
		names = append(names, p.name)
	}
	return names
}
