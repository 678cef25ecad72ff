package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/memory"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// show writes for people in what order a plan's processes start, and what each has of a container with that much memory.
func show(w io.Writer, p plan.Plan, total memory.Size, unicode bool) error {
	var shares []memory.Share
	for _, s := range p.Sidecars {
		shares = append(shares, memory.Share{Name: s.Name, Memory: s.Memory})
	}
	division, err := memory.Divide(memory.Container{Limit: total, Source: "--memory"}, p.Type, shares)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s starts\n", p.Type)
	graph := p.Graph()
	for i, process := range p.Processes() {
		fmt.Fprintf(w, "  %s\n", strings.TrimRight(fmt.Sprintf("%-20s %s", process.Name, waits(p, graph[i])), " "))
	}
	fmt.Fprintln(w, division.Bar(unicode))
	return nil
}

// waits says what a process waits for before it is started.
func waits(p plan.Plan, edges []plan.Edge) string {
	names := map[string][]string{}
	for _, e := range edges {
		on, state := p.Processes()[e.On], string(e.Condition)
		if e.Condition == plan.Started && on.StartupProbe != nil {
			state = "past the startup probe"
		}
		names[state] = append(names[state], on.Name)
	}
	var parts []string
	for _, state := range slices.Sorted(maps.Keys(names)) {
		verb := " is "
		if len(names[state]) > 1 {
			verb = " are "
		}
		parts = append(parts, strings.Join(names[state], ", ")+verb+state)
	}
	if parts == nil {
		return "at once"
	}
	return "when " + strings.Join(parts, " and ")
}
