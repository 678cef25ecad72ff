package kubernetes

import (
	"slices"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// bare returns a container of the image that nothing of a process is in yet.
func (e *exporter) bare(name string) core.Container {
	no, yes, readOnly := false, true, !e.options.WritableRoot
	c := core.Container{
		Name:  name,
		Image: e.app.Image,
		// The last lines of a container's log say why it ended, where it left no message of its own.
		TerminationMessagePolicy: core.TerminationMessageFallbackToLogsOnError,
		SecurityContext: &core.SecurityContext{
			RunAsNonRoot:             &yes,
			ReadOnlyRootFilesystem:   &readOnly,
			AllowPrivilegeEscalation: &no,
			Capabilities:             &core.Capabilities{Drop: []core.Capability{"ALL"}},
			SeccompProfile:           &core.SeccompProfile{Type: core.SeccompProfileTypeRuntimeDefault},
		},
	}
	e.mountShared(&c)
	if e.options.PullNever {
		c.ImagePullPolicy = core.PullNever
	}
	return c
}

// apart returns the container of a sidecar that has one of its own, with all that does not depend on when it starts.
func (e *exporter) apart(i int) core.Container {
	p := e.app.Plan.Sidecars[i]
	p.Env = e.losses.Variables(p)
	c := e.bare(e.shape.names[i])
	e.command(&c, p)
	e.variables(&c, p)
	c.Env = e.environment(p)
	c.WorkingDir = p.WorkingDir
	c.Resources = limit(p.Memory)
	e.drain(&c, p)
	e.unsupervised(p)
	return c
}

// unsupervised names what is lost of a process that runs without a supervisor, wherever it runs.
func (e *exporter) unsupervised(p plan.Process) {
	e.losses.Unsupervised(p, "stop-delay-seconds", "pre-stop", "success-exit-codes", "restart-on-exit-codes", "no-restart-on-exit-codes",
		"env-from", "sandbox")
	e.losses.Sandboxed(p)
	e.losses.Environment(p)
	e.losses.Outputs(p)
	// The API server drops a stop signal without a word where its gate is off.
	if p.StopSignal != "SIGTERM" {
		e.losses.Add(p.Name, "stop-signal", "Kubernetes sends SIGTERM, not %s: the gate ContainerStopSignals is off by default up to %v",
			p.StopSignal, Newest)
	}
}

// native returns the init container of a sidecar: one that goes on running, or one that others wait for to complete.
func (e *exporter) native(i int) core.Container {
	p, c := e.app.Plan.Sidecars[i], e.apart(i)
	app := len(e.app.Plan.Sidecars)
	if slices.ContainsFunc(e.shape.graph[app], func(edge plan.Edge) bool { return edge.On == i && edge.Soft }) {
		e.losses.Add(p.Name, "essential", "Kubernetes starts the app once the sidecar has started, so never where the sidecar does not")
	}
	if e.shape.awaited(i, plan.Completed) {
		e.endsOnce(&c, p)
		e.runsOnce(&c, p)
		return c
	}
	always := core.ContainerRestartPolicyAlways
	c.RestartPolicy = &always
	e.probes(&c, p, e.shape.awaited(i, plan.Ready))
	e.endsAlways(p)
	e.drainsEarly(p)
	return c
}

// runsOnce leaves out what an init container that runs to its end cannot have.
func (e *exporter) runsOnce(c *core.Container, p plan.Process) {
	for kind, probe := range p.Probes.All() {
		if probe != nil {
			e.losses.Add(p.Name, plan.ProbeKind(kind).Key(), "an init container that runs to its end has no probes")
		}
	}
	if c.Lifecycle != nil {
		e.losses.Add(p.Name, "pre-stop", "an init container that runs to its end has none, and no delay either")
		c.Lifecycle = nil
	}
}

// limit returns a memory limit, which is the request too: what is declared is reserved.
func limit(size plan.Size) core.ResourceRequirements {
	if size == 0 {
		return core.ResourceRequirements{}
	}
	list := core.ResourceList{core.ResourceMemory: *resource.NewQuantity(int64(size), resource.BinarySI)}
	return core.ResourceRequirements{Limits: list, Requests: list}
}

func emptyDir(name string) core.Volume {
	return core.Volume{Name: name, VolumeSource: core.VolumeSource{EmptyDir: &core.EmptyDirVolumeSource{}}}
}
