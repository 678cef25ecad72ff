package compose

import (
	"slices"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/sidecar-buildpack/sidecar/sidecar/export"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// probes returns those of a process that can be made. The supervisor hears what the app says of itself; Compose hears nobody.
func (e *exporter) probes(i int) [plan.ProbeKinds]*plan.Probe {
	probes := e.app.Plan.Processes()[i].Probes.All()
	for kind, probe := range probes {
		if probe != nil && probe.Notify && i < len(e.app.Plan.Sidecars) {
			probes[kind] = nil
		}
	}
	return probes
}

// decisive returns the probe that becomes a service's one health check: of readiness, unless others wait for its start alone; else of the
// start, else of liveness. It is nil where there is none.
func (e *exporter) decisive(i int) (from *plan.Probe, kind plan.ProbeKind) {
	probes := e.probes(i)
	isStartAlone := export.Awaited(e.graph, i, plan.Started) && !export.Awaited(e.graph, i, plan.Ready)
	switch {
	case probes[plan.Startup] != nil && (isStartAlone || probes[plan.Readiness] == nil):
		kind = plan.Startup
	case probes[plan.Readiness] != nil:
		kind = plan.Readiness
	default:
		kind = plan.Liveness
	}
	return probes[kind], kind
}

// oneCheck names what is lost where a process has two probes that others can wait for. The supervisor makes both of the app's.
func (e *exporter) oneCheck(i int) {
	p, probes := e.app.Plan.Processes()[i], e.probes(i)
	if probes[plan.Startup] == nil || probes[plan.Readiness] == nil {
		return
	}
	_, kind := e.decisive(i)
	waits := func(softly bool) bool {
		return slices.Contains(slices.Concat(e.graph...), plan.Edge{On: i, Condition: plan.Started, Soft: softly})
	}
	hard, soft := waits(false), waits(true)
	if kind == plan.Readiness && hard {
		e.losses.Add(p.Name, "startup-probe", "a service has one health check: who waits for its start waits for its readiness")
	}
	if kind == plan.Readiness && soft {
		e.losses.Add(p.Name, "startup-probe", "a service has one health check, and that is of its readiness: the app does not wait for its start")
	}
	switch {
	case p.Name == plan.AppName, kind == plan.Readiness && (hard || soft):
	case kind == plan.Startup:
		e.losses.Add(p.Name, "readiness-probe", "it is left out: a service has one health check, and that is of its start")
	default:
		e.losses.Add(p.Name, "startup-probe", "it is left out: a service has one health check, and that is of its readiness")
	}
}

// goesOn is what becomes of a sidecar that the supervisor would end.
const goesOn = "Compose starts no service again that is unhealthy"

// health returns the health check of a sidecar's service.
func (e *exporter) health(i int) *types.HealthCheckConfig {
	p := e.app.Plan.Sidecars[i]
	if p.LivenessProbe != nil {
		e.losses.Add(p.Name, "liveness-probe", goesOn)
	}
	for kind, probe := range p.Probes.All() {
		if probe != nil && probe.Notify {
			e.losses.Add(p.Name, plan.ProbeKind(kind).Key()+".notify", "Compose hears no sd_notify: the probe is left out")
		}
	}
	from, kind := e.decisive(i)
	if from == nil {
		return nil
	}
	if kind == plan.Startup {
		e.losses.Add(p.Name, kind.Key(), goesOn)
		if export.Awaited(e.graph, i, plan.Completed) && export.Awaited(e.graph, i, plan.Started) {
			e.losses.Add(p.Name, kind.Key(), "where it ends before this check has passed, Compose takes its start for failed")
		}
	}
	if from.SuccessThreshold > 1 {
		e.losses.Add(p.Name, kind.Key()+".success-threshold", "Compose waits for one success, not %d", from.SuccessThreshold)
	}
	if from.InitialDelaySeconds > 0 {
		e.losses.Add(p.Name, kind.Key()+".initial-delay-seconds", "Docker checks from the start on: a success within the delay counts")
	}
	return healthCheck(*from, kind, e.check(p, *from, kind.Key()))
}

// states are what the supervisor is asked for in place of the app's probes.
var states = [plan.ProbeKinds]string{plan.Startup: "started", plan.Readiness: "ready", plan.Liveness: "live"}

// answerSeconds is how long the supervisor may take to answer. It does at once, but on a busy machine a program starts slowly.
const answerSeconds = 10

// appHealth returns the app's health check, which asks the supervisor; nil where the app has no probe. The supervisor has counted failures
// already, so one is enough, but for a start: that is not over as long as it fails.
func (e *exporter) appHealth(i int) *types.HealthCheckConfig {
	from, kind := e.decisive(i)
	if from == nil {
		return nil
	}
	check := healthCheck(*from, kind, export.Health(states[kind]))
	check.Timeout = seconds(answerSeconds)
	if kind != plan.Startup {
		once := uint64(1)
		check.Retries = &once
	}
	return check
}

// healthCheck returns a check that is made when a probe's is. One of readiness may fail as long as it takes until it first succeeds.
func healthCheck(from plan.Probe, kind plan.ProbeKind, test []string) *types.HealthCheckConfig {
	timeout, retries := types.Duration(from.Timeout()), uint64(max(1, from.FailureThreshold))
	check := &types.HealthCheckConfig{
		Test:     append(types.HealthCheckTest{"CMD"}, export.Escaped(test)...),
		Interval: seconds(from.PeriodSeconds), Timeout: &timeout, Retries: &retries,
	}
	switch {
	case kind == plan.Readiness:
		check.StartPeriod = seconds(export.PatienceSeconds)
	case from.InitialDelaySeconds > 0:
		check.StartPeriod = seconds(from.InitialDelaySeconds)
	}
	return check
}

// seconds returns a time for Compose.
func seconds(n float64) *types.Duration {
	duration := types.Duration(plan.Seconds(n))
	return &duration
}
