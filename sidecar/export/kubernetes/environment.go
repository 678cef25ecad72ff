package kubernetes

import (
	"maps"
	"slices"
	"strings"

	core "k8s.io/api/core/v1"

	"github.com/sidecar-buildpack/sidecar/sidecar/export"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// environment returns the variables of a process that has a container of its own. References are written as Kubernetes has them, which
// knows of a variable what stands before it.
func (e *exporter) environment(p plan.Process) (vars []core.EnvVar) {
	all := maps.Clone(e.app.Plan.Env)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, p.Env)
	for _, name := range export.Ordered(all) {
		for _, other := range export.References(all[name]) {
			if _, declared := all[other]; !declared && len(p.EnvFrom) == 0 {
				e.losses.Add(p.Name, "env", "$(%s) stays as it is written in a container of its own: declare it in env as well", other)
			}
		}
		vars = append(vars, core.EnvVar{Name: name, Value: all[name]})
	}
	return vars
}

// command has a container run a sidecar by its process type. A command that has none is written out, and one with references in it, so
// that Kubernetes fills them in.
func (e *exporter) command(c *core.Container, p plan.Process) {
	own := e.app.ProcessType(p)
	if own != "" && !slices.ContainsFunc(p.Command, func(word string) bool { return export.References(word) != nil }) {
		c.Command = []string{processes + own}
		return
	}
	c.Command, c.Args = []string{launcher}, append([]string{"--"}, p.Command...)
	for _, name := range export.References(strings.Join(p.Command, " ")) {
		if _, declared := p.Env[name]; !declared && len(p.EnvFrom) == 0 {
			e.losses.Add(p.Name, "command", "$(%s) stays as it is written in a container of its own: declare it in env as well", name)
		}
	}
}
