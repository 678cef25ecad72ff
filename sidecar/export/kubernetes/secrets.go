package kubernetes

import (
	"path"
	"slices"

	core "k8s.io/api/core/v1"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// bindings is where the supervisor looks for bindings (servicebinding.io, Workload Projection).
const bindings = "/platform/bindings"

// variables gives a container of its own what the process's env-from names: the entries of a Secret as variables.
func (e *exporter) variables(c *core.Container, p plan.Process) {
	for _, from := range p.EnvFrom {
		var name string
		if from.File != "" {
			name = e.named(e.app.Name+"-"+path.Base(from.File)+"-variables", "variables:"+from.File)
			e.needs.Add("Secret "+name, "kubectl create secret generic %s --from-env-file=%s", name, from.File)
		} else {
			name = e.named(from.Binding, "binding:"+from.Binding)
			e.needs.Add("Secret "+name, "the binding %s of %s, an entry for each variable", from.Binding, p.Name)
			e.losses.Add(p.Name, "env-from.binding", "the variables are called as the Secret's keys are: api-key does not become API_KEY")
		}
		c.EnvFrom = append(c.EnvFrom, core.EnvFromSource{
			Prefix:    from.Prefix,
			SecretRef: &core.SecretEnvSource{LocalObjectReference: core.LocalObjectReference{Name: name}},
		})
	}
}

// files gives the container with the supervisor what the env-from of its processes names: files at their own paths, and bindings.
func (e *exporter) files(c *core.Container) {
	for i, p := range e.app.Plan.Processes() {
		if e.shape.apart[i] {
			continue
		}
		for _, from := range p.EnvFrom {
			e.file(c, p, from)
		}
	}
}

func (e *exporter) file(c *core.Container, p plan.Process, from plan.EnvFrom) {
	var name string
	mount := core.VolumeMount{MountPath: path.Join(bindings, from.Binding), ReadOnly: true}
	if from.File != "" {
		base := path.Base(from.File)
		name = e.named(e.app.Name+"-"+base, "file:"+from.File)
		mount.MountPath, mount.SubPath = from.File, base
		e.needs.Add("Secret "+name, "kubectl create secret generic %s --from-file=%s", name, from.File)
	} else {
		name = e.named(from.Binding, "binding:"+from.Binding)
		e.needs.Add("Secret "+name, "the binding %s of %s, an entry for each variable, and type where it is found by that", from.Binding, p.Name)
	}
	mount.Name = label("from-" + name)
	if slices.ContainsFunc(c.VolumeMounts, func(m core.VolumeMount) bool { return m.MountPath == mount.MountPath }) {
		return
	}
	c.VolumeMounts = append(c.VolumeMounts, mount)
	secret := &core.SecretProjection{LocalObjectReference: core.LocalObjectReference{Name: name}}
	e.volumes = append(e.volumes, core.Volume{Name: mount.Name, VolumeSource: core.VolumeSource{
		Projected: &core.ProjectedVolumeSource{Sources: []core.VolumeProjection{{Secret: secret}}},
	}})
}
