package kubernetes

import (
	"maps"
	"strings"

	core "k8s.io/api/core/v1"

	"github.com/sidecar-buildpack/sidecar/sidecar/export"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// environment returns the variables of a process that has a container of its own. References are written as Kubernetes has them, which
// knows of a variable what stands before it. A manifest's values have none.
func (e *exporter) environment(p plan.Process) (vars []core.EnvVar) {
	all := map[string]string{}
	for name, value := range e.app.Plan.Env {
		all[name] = plan.Escape(value)
	}
	maps.Copy(all, p.Env)
	written := map[string]bool{}
	for _, name := range export.Ordered(all) {
		for _, other := range export.References(all[name]) {
			if !written[other] {
				e.unknown(p, "env", other)
			}
		}
		written[name] = true
		vars = append(vars, core.EnvVar{Name: name, Value: all[name]})
	}
	return vars
}

// command has a container run a sidecar by its process type, or by its command, in which Kubernetes fills in the references.
func (e *exporter) command(c *core.Container, p plan.Process) {
	if own := e.app.ProcessType(p); own != "" {
		c.Command = []string{export.Processes + own}
		return
	}
	c.Command, c.Args = []string{export.Launcher}, append([]string{"--"}, e.losses.InItsDirectory(p, p.Command)...)
	for _, name := range export.References(strings.Join(p.Command, " ")) {
		_, declared := p.Env[name]
		if _, ofAll := e.app.Plan.Env[name]; !declared && !ofAll {
			e.unknown(p, "command", name)
		}
	}
}

// unknown names a variable that a process's env or command refers to, and that isn't declared. A Secret of its env-from may have it.
func (e *exporter) unknown(p plan.Process, key, name string) {
	if p.EnvFrom != nil {
		e.needs.Add("variable "+name, "%s of %s refers to it: have env-from bring it, or declare it in env as well", key, p.Name)
		return
	}
	e.losses.Add(p.Name, key, "$(%s) stays as it is written in a container of its own: declare it in env as well", name)
}
