package promises_test

import (
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// web is a plan as the build writes it where nothing more is declared.
func web(sidecars ...plan.Process) plan.Plan {
	return plan.Plan{
		Type: "web",
		App: plan.Process{
			Name: plan.AppName, InheritEnv: []string{plan.Everything}, Essential: true,
			Restart: plan.Never, StopSignal: "SIGTERM", Logs: plan.Raw,
		},
		Sidecars: sidecars,
	}
}

// sidecar is a puppet of that name, with what is said of it besides.
func sidecar(name string, said ...func(*plan.Process)) plan.Process {
	p := plan.Process{
		Name: name, InheritEnv: []string{plan.Everything}, Essential: true,
		Restart: plan.Never, MaxRestarts: 5, RestartWindowSeconds: 60,
		StopSignal: "SIGTERM", StopGracePeriodSeconds: 5, Logs: plan.Prefix,
	}
	for _, say := range said {
		say(&p)
	}
	return p
}

func dependsOn(name string, condition plan.Condition) func(*plan.Process) {
	return func(p *plan.Process) { p.DependsOn = map[string]plan.Condition{name: condition} }
}

func logs(form plan.Logs) func(*plan.Process) {
	return func(p *plan.Process) { p.Logs = form }
}

func command(argv ...string) func(*plan.Process) {
	return func(p *plan.Process) { p.Command = argv }
}

func restarts(policy plan.Restart) func(*plan.Process) {
	return func(p *plan.Process) { p.Restart = policy }
}

// in runs it in a directory.
func in(dir string) func(*plan.Process) {
	return func(p *plan.Process) { p.WorkingDir = dir }
}

func grace(seconds float64) func(*plan.Process) {
	return func(p *plan.Process) { p.StopGracePeriodSeconds = seconds }
}

func startup(q plan.Probe) func(*plan.Process) {
	return func(p *plan.Process) { p.StartupProbe = often(q) }
}

func liveness(q plan.Probe) func(*plan.Process) {
	return func(p *plan.Process) { p.LivenessProbe = often(q) }
}

func readiness(q plan.Probe) func(*plan.Process) {
	return func(p *plan.Process) { p.ReadinessProbe = often(q) }
}

// often is a probe that is made soon and gives up late, where it doesn't say otherwise.
func often(q plan.Probe) *plan.Probe {
	if q.PeriodSeconds == 0 {
		q.PeriodSeconds = 0.02
	}
	if q.TimeoutSeconds == 0 {
		q.TimeoutSeconds = 5
	}
	if q.FailureThreshold == 0 {
		q.FailureThreshold = 100000
	}
	q.SuccessThreshold = 1
	return &q
}
