// Package compose exports an app and its sidecars as services of a Compose file that share one network namespace, and so 127.0.0.1.
package compose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/sidecar-buildpack/sidecar/sidecar/export"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// pauseName is the service that owns the network of all, where no sidecar is called so. It never restarts: the others would lose their
// network with it.
const pauseName = "network"

// Options say how an app is exported.
type Options struct {
	PauseImage string // of the service that owns the network; its command never ends
	Port       int    // that the app listens on, published on 127.0.0.1; 0: none is named
}

type exporter struct {
	app    export.App
	graph  [][]plan.Edge // of the plan's Processes
	names  []string      // of the services, by the plan's Processes, and then the one that owns the network
	needs  export.Needs
	losses export.Losses
}

// YAML returns the Compose file, with what it needs and what it cannot carry in comments before it.
func YAML(app export.App, options Options) ([]byte, export.Needs, export.Losses, error) {
	e := &exporter{app: app, graph: app.Plan.Graph(), names: names(app.Plan)}
	pause := types.ServiceConfig{Name: e.pause(), Restart: types.RestartPolicyNo}
	pause.Image = options.PauseImage
	if options.Port != 0 {
		pause.Ports = []types.ServicePortConfig{{Target: uint32(options.Port), Published: fmt.Sprint(options.Port), HostIP: "127.0.0.1"}}
	}
	project := &types.Project{Name: app.Name, Services: types.Services{pause.Name: pause}}
	for i, p := range app.Plan.Processes() {
		service := e.service(i, p)
		if i == len(app.Plan.Sidecars) {
			e.appService(&service, i, p)
		} else {
			e.sidecarService(&service, i, p)
		}
		e.oneCheck(i)
		for _, edge := range e.graph[i] {
			service.DependsOn[e.names[edge.On]] = e.dependency(edge)
		}
		project.Services[service.Name] = service
	}
	e.fate()
	e.needs.Add("image "+options.PauseImage, "Compose pulls it for the service that owns the network; --pause-image names another")
	text, err := project.MarshalYAML()
	if err != nil {
		return nil, nil, nil, err
	}
	losses := e.losses.Sorted()
	return append([]byte(export.Comments(e.needs, losses)), text...), e.needs, losses, nil
}

// fate says how to have all end together. Where an end is nothing bad, of a job or of a sidecar that isn't essential, only failures may.
// Compose looks at no restart policy then.
func (e *exporter) fate() {
	mayEnd := false
	for i, p := range e.app.Plan.Sidecars {
		mayEnd = mayEnd || !p.Essential || export.Awaited(e.graph, i, plan.Completed)
	}
	kind, end := "exit", "end"
	if mayEnd {
		kind, end = "failure", "failure"
		e.losses.Add("app", "essential", "Compose knows no shared fate: start with docker compose up --abort-on-container-failure, with which "+
			"a failure of any ends all, and an end with 0 none")
	} else {
		e.losses.Add("app", "essential", "Compose knows no shared fate: start with docker compose up --abort-on-container-exit")
	}
	for _, p := range e.app.Plan.Sidecars {
		if export.Restarts(p) {
			e.losses.Add(p.Name, "restart", "with docker compose up --abort-on-container-%s its first %s ends all, though Docker starts it again",
				kind, end)
		}
	}
}

// names gives each service a name that no other has. The app keeps its own, and so do sidecars, but for one that is called like the app.
func names(p plan.Plan) (all []string) {
	for _, sidecar := range p.Sidecars {
		all = append(all, unlike(append(all, p.Type), plan.Slug(sidecar.Name)))
	}
	all = append(all, p.Type)
	return append(all, unlike(all, pauseName))
}

// unlike returns a name that is none of the others: with a number behind it where it has to be.
func unlike(others []string, name string) string {
	for n := 2; slices.Contains(others, name); n++ {
		name = fmt.Sprintf("%s-%d", strings.TrimSuffix(name, fmt.Sprintf("-%d", n-1)), n)
	}
	return name
}

// pause returns the service that owns the network.
func (e *exporter) pause() string { return e.names[len(e.names)-1] }

// service returns what all services have.
func (e *exporter) service(i int, p plan.Process) types.ServiceConfig {
	s := types.ServiceConfig{Name: e.names[i], Restart: e.restart(p)}
	s.Image = e.app.Image
	s.NetworkMode = types.NetworkModeServicePrefix + e.pause()
	// What of a sandbox a container keeps: none of its processes gains rights.
	s.CapDrop, s.SecurityOpt = []string{"ALL"}, []string{"no-new-privileges:true"}
	s.DependsOn = types.DependsOnConfig{e.pause(): {Condition: types.ServiceConditionStarted, Required: true}}
	return s
}

// sidecarService has a sidecar start as a child of Docker's init: the first process of a container ignores the signals that it does not
// handle.
func (e *exporter) sidecarService(s *types.ServiceConfig, i int, p plan.Process) {
	e.unsupervised(p)
	if export.AfterApp(e.graph, i) {
		e.losses.Add(p.Name, "depends-on", "Compose stops it before the app, not after it")
	}
	p.Env = e.losses.Variables(p)
	isInit := true
	s.Init = &isInit
	e.command(s, p)
	s.WorkingDir = p.WorkingDir
	s.Environment = e.environment(p)
	s.EnvFiles = e.envFiles(p)
	s.PreStop = e.hooks(p)
	s.MemLimit = types.UnitBytes(p.Memory)
	s.StopSignal = p.StopSignal
	s.HealthCheck = e.health(i)
	s.StopGracePeriod = seconds(p.StopGracePeriodSeconds)
}

// appService has the app start as the image does it: behind the supervisor, which starts no sidecar here and does all that is declared of
// the app, in its directory, and with the variables that layers have for it alone.
func (e *exporter) appService(s *types.ServiceConfig, i int, p plan.Process) {
	if e.app.Memory > 0 {
		s.MemLimit = types.UnitBytes(e.app.Memory - e.app.Plan.Reserved())
	}
	var slugs []string // which have no comma
	for _, sidecar := range e.app.Plan.Sidecars {
		slugs = append(slugs, plan.Slug(sidecar.Name))
	}
	off := strings.Join(slugs, ",")
	s.Entrypoint = types.ShellCommand{export.Processes + e.app.Plan.Type}
	s.Environment = types.MappingWithEquals{export.DisabledVariable: &off}
	if p.StopGracePeriodSeconds+p.StopDelaySeconds > 0 || p.PreStop != nil {
		budget := export.StopSeconds(p)
		text := export.Number(budget)
		s.Environment[export.BudgetVariable] = &text
		s.StopGracePeriod = seconds(budget + 1) // the supervisor's own second
	}
	s.HealthCheck = e.appHealth(i)
}

func (e *exporter) dependency(edge plan.Edge) types.ServiceDependency {
	on := e.app.Plan.Processes()[edge.On]
	check, kind := e.decisive(edge.On)
	d := types.ServiceDependency{Condition: types.ServiceConditionStarted, Required: !edge.Soft}
	switch {
	case edge.Condition == plan.Completed:
		d.Condition = types.ServiceConditionCompletedSuccessfully
	case edge.Soft && kind == plan.Readiness: // it may take a day, and holds nobody up
	case (edge.Condition == plan.Ready || on.StartupProbe != nil) && check != nil:
		d.Condition = types.ServiceConditionHealthy
	}
	return d
}

// restart returns the service's restart policy. No number of restarts would be any number for Docker.
func (e *exporter) restart(p plan.Process) string {
	switch {
	case !export.Restarts(p):
		return types.RestartPolicyNo
	case p.Restart == plan.Always:
		e.losses.Add(p.Name, "max-restarts", "Compose restarts without end")
		e.losses.Add(p.Name, "restart-window-seconds", "Compose restarts without end")
		return types.RestartPolicyAlways
	}
	e.losses.Add(p.Name, "restart-window-seconds", "Compose counts the restarts of all time")
	e.losses.Add(p.Name, "backoff-seconds", "Docker waits 0.1 s before the first restart, and twice as long before each one that follows")
	return fmt.Sprintf("%s:%d", types.RestartPolicyOnFailure, p.MaxRestarts)
}
