// Package resolve makes the Plan of a process type out of what was declared.
package resolve

import (
	"path/filepath"
	"slices"

	"github.com/sidecar-buildpack/sidecar/sidecar/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// Types gives the process types that have sidecars, sorted.
func Types(d declare.Declaration) []string {
	var types []string
	for _, s := range d.Sidecars {
		types = append(types, s.ProcessTypes...)
	}
	slices.Sort(types)
	return slices.Compact(types)
}

// Plan gives the plan of one process type: its sidecars in an order in which each comes after what it depends on, else as declared,
// with their directories below appDir, and only what runs in this type to depend on.
func Plan(d declare.Declaration, processType, appDir string) plan.Plan {
	beside := map[string]bool{plan.AppName: true}
	for _, s := range d.Sidecars {
		beside[s.Name] = slices.Contains(s.ProcessTypes, processType)
	}
	p := plan.Plan{Type: processType, App: app(d.App, beside)}
	for _, s := range d.Sidecars {
		if beside[s.Name] {
			p.Sidecars = append(p.Sidecars, sidecar(s, beside, appDir))
		}
	}
	p.Sidecars = inOrder(p)
	return p
}

func app(a declare.App, beside map[string]bool) plan.Process {
	return plan.Process{
		Name:                   plan.AppName,
		InheritEnv:             []string{plan.Everything},
		DependsOn:              dependsOn(a.DependsOn, beside),
		Restart:                plan.Never,
		Essential:              true,
		StopSignal:             "SIGTERM",
		StopGracePeriodSeconds: a.StopGracePeriodSeconds,
		Logs:                   plan.Logs(a.Logs),
		StartupProbe:           a.StartupProbe,
		ReadinessProbe:         a.ReadinessProbe,
		LivenessProbe:          a.LivenessProbe,
	}
}

func sidecar(s declare.Sidecar, beside map[string]bool, appDir string) plan.Process {
	return plan.Process{
		Name:                   s.Name,
		Command:                s.Command,
		WorkingDir:             filepath.Join(appDir, s.WorkingDir),
		Env:                    s.Env,
		InheritEnv:             s.InheritEnv, // Everything is the same sign in both
		Memory:                 s.Memory,
		MemoryPolicy:           plan.MemoryPolicy(s.MemoryPolicy),
		DependsOn:              dependsOn(s.DependsOn, beside),
		Restart:                plan.Restart(s.Restart),
		MaxRestarts:            s.MaxRestarts,
		RestartWindowSeconds:   s.RestartWindowSeconds,
		Essential:              s.Essential,
		StopSignal:             s.StopSignal,
		StopGracePeriodSeconds: s.StopGracePeriodSeconds,
		Logs:                   plan.Logs(s.Logs),
		StartupProbe:           s.StartupProbe,
		ReadinessProbe:         s.ReadinessProbe,
		LivenessProbe:          s.LivenessProbe,
	}
}

// dependsOn leaves out what doesn't run in this process type; nil where nothing is left.
func dependsOn(conditions map[string]string, beside map[string]bool) map[string]plan.Condition {
	var kept map[string]plan.Condition
	for name, condition := range conditions {
		if !beside[name] {
			continue
		}
		if kept == nil {
			kept = map[string]plan.Condition{}
		}
		kept[name] = plan.Condition(condition)
	}
	return kept
}

// inOrder sorts the sidecars by how many processes must start one after the other before them; within a number they stay as they
// are. Declarations, and so plans, have no cycles.
func inOrder(p plan.Plan) []plan.Process {
	graph := p.Graph()
	depths := make([]int, len(graph))
	var depth func(i int) int
	depth = func(i int) int {
		if depths[i] == 0 {
			depths[i] = 1
			for _, edge := range graph[i] {
				depths[i] = max(depths[i], 1+depth(edge.On))
			}
		}
		return depths[i]
	}
	order := make([]int, len(p.Sidecars))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return depth(a) - depth(b) })
	var sorted []plan.Process
	for _, i := range order {
		sorted = append(sorted, p.Sidecars[i])
	}
	return sorted
}
