// Package resolve makes plans of a declaration: For decides which process types of an image each sidecar runs beside, and Plan makes the
// plan of one of them.
package resolve

import (
	"path"
	"slices"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// Types returns the process types that have sidecars, sorted.
func Types(d declare.Declaration) []string {
	var types []string
	for _, s := range d.Sidecars {
		types = append(types, s.ProcessTypes...)
	}
	slices.Sort(types)
	return slices.Compact(types)
}

// Plan returns the plan of one process type: its sidecars in an order in which each comes after what it depends on, else as declared,
// with their directories below appDir, and only what runs in this type to depend on.
func Plan(d declare.Declaration, processType, appDir string) plan.Plan {
	beside := map[string]bool{plan.AppName: true}
	for _, s := range d.Sidecars {
		beside[s.Name] = slices.Contains(s.ProcessTypes, processType)
	}
	p := plan.Plan{Type: processType, App: app(d.App, beside, appDir), Env: d.Env}
	for _, s := range d.Sidecars {
		if beside[s.Name] {
			p.Sidecars = append(p.Sidecars, sidecar(s, beside, appDir))
		}
	}
	p.Sidecars = inOrder(p)
	return p
}

func app(a declare.App, beside map[string]bool, appDir string) plan.Process {
	return plan.Process{
		Name:                   plan.AppName,
		InheritEnv:             []string{plan.Everything},
		DependsOn:              dependsOn(a.DependsOn, beside),
		OnChange:               onChange(a.OnChange, appDir),
		Restart:                plan.Never,
		Essential:              true,
		StopSignal:             a.StopSignal,
		StopGracePeriodSeconds: a.StopGracePeriodSeconds,
		StopDelaySeconds:       a.StopDelaySeconds,
		PreStop:                a.PreStop,
		Logs:                   plan.Logs(a.Logs),
		Probes:                 a.Probes,
	}
}

func sidecar(s declare.Sidecar, beside map[string]bool, appDir string) plan.Process {
	return plan.Process{
		Name:                   s.Name,
		Command:                s.Command,
		WorkingDir:             path.Join(appDir, s.WorkingDir),
		Env:                    s.Env,
		EnvFrom:                s.EnvFrom,
		InheritEnv:             s.InheritEnv, // Everything is the same sign in both
		Memory:                 s.Memory,
		MemoryPolicy:           plan.MemoryPolicy(s.MemoryPolicy),
		DependsOn:              dependsOn(s.DependsOn, beside),
		OnChange:               onChange(s.OnChange, appDir),
		Restart:                plan.Restart(s.Restart),
		MaxRestarts:            s.MaxRestarts,
		RestartWindowSeconds:   s.RestartWindowSeconds,
		Essential:              s.Essential,
		BackoffSeconds:         s.BackoffSeconds,
		BackoffMaxSeconds:      s.BackoffMaxSeconds,
		SuccessExitCodes:       s.SuccessExitCodes,
		RestartOnExitCodes:     s.RestartOnExitCodes,
		NoRestartOnExitCodes:   s.NoRestartOnExitCodes,
		StopSignal:             s.StopSignal,
		StopGracePeriodSeconds: s.StopGracePeriodSeconds,
		StopDelaySeconds:       s.StopDelaySeconds,
		PreStop:                s.PreStop,
		Logs:                   plan.Logs(s.Logs),
		Sandbox:                sandbox(s),
		Probes:                 s.Probes,
	}
}

// sandbox returns the declared one. A sidecar that may not inherit all of the environment has one without asking, since it could read the
// environment elsewhere.
func sandbox(s declare.Sidecar) *plan.Sandbox {
	switch {
	case s.Sandbox == nil && !slices.Contains(s.InheritEnv, declare.Everything):
		return &plan.Sandbox{Mode: plan.Prefer}
	case s.Sandbox == nil || s.Sandbox.Mode == plan.Off:
		return nil
	}
	return s.Sandbox
}

// onChange makes paths absolute.
func onChange(o *plan.OnChange, appDir string) *plan.OnChange {
	if o == nil {
		return nil
	}
	resolved := &plan.OnChange{Do: o.Do}
	for _, watched := range o.Paths {
		if !path.IsAbs(watched) {
			watched = path.Join(appDir, watched)
		}
		resolved.Paths = append(resolved.Paths, watched)
	}
	return resolved
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
