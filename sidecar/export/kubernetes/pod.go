package kubernetes

import (
	"math"
	"slices"
	"strconv"
	"strings"

	core "k8s.io/api/core/v1"

	"github.com/sidecar-buildpack/sidecar/sidecar/export"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// exporter is one export on its way.
type exporter struct {
	app     export.App
	options Options
	shape   shape
	shared  []string          // directories that all containers see
	owners  map[string]string // what the names of Secrets and volumes stand for
	volumes []core.Volume
	needs   export.Needs
	losses  export.Losses
}

// pod returns what runs together.
func (e *exporter) pod() core.PodSpec {
	no := false
	var spec core.PodSpec
	for i := range e.app.Plan.Sidecars {
		switch {
		case !e.shape.apart[i]:
		case e.shape.afterApp(i):
			spec.Containers = append(spec.Containers, e.companion(i))
		default:
			spec.InitContainers = append(spec.InitContainers, e.native(i))
		}
	}
	app := e.appContainer()
	e.startsInOrder()
	e.shareFate(&spec, &app)
	spec.Containers = append([]core.Container{app}, spec.Containers...)
	grace := int64(e.grace())
	spec.TerminationGracePeriodSeconds = &grace
	spec.AutomountServiceAccountToken = &no
	for _, dir := range e.shared {
		e.volumes = append(e.volumes, emptyDir(e.sharedVolume(dir)))
	}
	spec.Volumes = e.volumes
	return spec
}

// startsInOrder names what an order across containers does otherwise.
func (e *exporter) startsInOrder() {
	processes := e.app.Plan.Processes()
	for i, p := range processes {
		across := func(edge plan.Edge) bool {
			_, declared := p.DependsOn[processes[edge.On].Name]
			return declared && (e.shape.apart[i] || e.shape.apart[edge.On])
		}
		if !e.shape.afterApp(i) && slices.ContainsFunc(e.shape.graph[i], across) {
			e.losses.Add(p.Name, "depends-on", "it holds when the pod starts: what starts again waits for nobody, and what has completed stays so")
		}
	}
}

// companion returns the container of a sidecar that waits for the app: native sidecars start before it.
func (e *exporter) companion(i int) core.Container {
	p, c := e.app.Plan.Sidecars[i], e.apart(i)
	e.probes(&c, p, false)
	e.ends(&c, p)
	e.losses.Add(p.Name, "depends-on", "Kubernetes starts and stops it with the app, not after it, and a Job waits for its end")
	if p.Essential && !export.Restarts(p) {
		e.losses.Add(p.Name, "essential", "its end ends nothing else; where nothing starts it again, the pod is not ready from then on")
	}
	return c
}

// appContainer returns the app's container. It starts the process type as the image does: behind the supervisor, in its directory, and with
// the variables that layers have for it alone.
func (e *exporter) appContainer() core.Container {
	c := e.bare(e.shape.names[len(e.app.Plan.Sidecars)])
	c.Resources = limit(e.appMemory())
	if e.options.Port != 0 {
		c.Ports = []core.ContainerPort{{ContainerPort: int32(e.options.Port)}}
	}
	c.Command = []string{export.Processes + e.app.Plan.Type}
	e.supervised(&c)
	e.files(&c)
	return c
}

// supervised sets what the supervisor in the app's container is told, and takes its health for the container's.
func (e *exporter) supervised(c *core.Container) {
	if apart := e.namesApart(); apart != nil {
		c.Env = append(c.Env, core.EnvVar{Name: export.DisabledVariable, Value: strings.Join(apart, ",")})
	}
	c.Env = append(c.Env, core.EnvVar{Name: export.BudgetVariable, Value: strconv.Itoa(e.chain())})
	ask := func(state string, period, failures int32) *core.Probe {
		return &core.Probe{
			ProbeHandler:  core.ProbeHandler{Exec: &core.ExecAction{Command: export.Health(state)}},
			PeriodSeconds: period, TimeoutSeconds: 5, SuccessThreshold: 1, FailureThreshold: failures,
		}
	}
	often := int32(10)
	if probe := e.app.Plan.App.ReadinessProbe; probe != nil {
		often = min(often, max(1, whole(probe.PeriodSeconds)))
	}
	// The supervisor ends what does not start in time, and has counted the failures.
	c.StartupProbe, c.ReadinessProbe = ask("started", 1, export.PatienceSeconds), ask("ready", often, 1)
}

// namesApart returns the slugs of the sidecars that have a container of their own: a name may have a comma.
func (e *exporter) namesApart() (names []string) {
	for i, p := range e.app.Plan.Sidecars {
		if e.shape.apart[i] {
			names = append(names, plan.Slug(p.Name))
		}
	}
	return names
}

// appMemory returns the limit of the app's container: all that the containers apart leave of the whole. 0 is none.
func (e *exporter) appMemory() plan.Size {
	if e.app.Memory == 0 {
		return 0
	}
	left := e.app.Memory
	for i, p := range e.app.Plan.Sidecars {
		if e.shape.apart[i] {
			left -= p.Memory
		}
	}
	return left
}

// grace returns the pod's seconds to stop in, one budget for all its containers: first those of the app and of what started with it, then
// the native sidecars, one after the other whether they need each other or not.
func (e *exporter) grace() int {
	first, then := float64(e.chain()), 0.0
	for i, p := range e.app.Plan.Sidecars {
		switch {
		case !e.shape.apart[i]:
		case e.shape.afterApp(i):
			first = max(first, export.StopSeconds(p))
		case !e.shape.awaited(i, plan.Completed):
			then += export.StopSeconds(p)
		}
	}
	return int(math.Ceil(first+then)) + 2
}

// chain returns the seconds that a stop of the app's container can take: the app's, and those of the longest chain of sidecars behind it.
func (e *exporter) chain() int {
	graces := make([]float64, len(e.shape.graph))
	var longest func(i int) float64
	longest = func(i int) float64 {
		if graces[i] == 0 {
			for _, edge := range e.shape.graph[i] {
				if !e.shape.apart[edge.On] {
					graces[i] = max(graces[i], longest(edge.On))
				}
			}
			graces[i] += export.StopSeconds(e.app.Plan.Processes()[i])
		}
		return graces[i]
	}
	total := 0.0
	for i := range e.shape.graph {
		if !e.shape.apart[i] {
			total = max(total, longest(i))
		}
	}
	return int(math.Ceil(total))
}

// shareFate ties the app to essential sidecars that have containers of their own. The end of one that is restarted ends nothing else.
func (e *exporter) shareFate(spec *core.PodSpec, app *core.Container) {
	var essential []string
	for i, p := range e.app.Plan.Sidecars {
		name := e.shape.names[i]
		at := slices.IndexFunc(spec.InitContainers, func(c core.Container) bool { return c.Name == name })
		if at < 0 || !p.Essential || export.Restarts(p) || e.shape.awaited(i, plan.Completed) {
			continue
		}
		essential = append(essential, name)
		if e.options.Fate == FateRestartAll {
			e.restartAll(&spec.InitContainers[at], p.Name)
		} else {
			e.leaveToken(&spec.InitContainers[at], p.Name)
		}
	}
	switch {
	case essential == nil:
	case e.options.Fate == FateToken:
		e.compareTokens(app, essential)
	case !e.options.runsOnce():
		e.restartAll(app, plan.AppName)
	}
}
