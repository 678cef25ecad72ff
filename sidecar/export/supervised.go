package export

import (
	"cmp"
	"slices"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// Unsupervised names what was declared of a process that only the supervisor does, but for the keys that the target carries. It is lost
// where the process runs without a supervisor.
func (l *Losses) Unsupervised(p plan.Process, carried ...string) {
	for _, declared := range []struct {
		key   string
		there bool
	}{
		{"stop-delay-seconds", p.StopDelaySeconds > 0},
		{"pre-stop", p.PreStop != nil},
		{"success-exit-codes", p.SuccessExitCodes != nil},
		{"restart-on-exit-codes", p.RestartOnExitCodes != nil},
		{"no-restart-on-exit-codes", p.NoRestartOnExitCodes != nil},
		{"backoff-seconds", p.BackoffSeconds > 0},
		{"backoff-max-seconds", p.BackoffMaxSeconds > 0},
		{"on-change", p.OnChange != nil},
		{"env-from", p.EnvFrom != nil},
		{"sandbox", p.Sandbox != nil},
	} {
		if declared.there && !slices.Contains(carried, declared.key) {
			l.Add(p.Name, declared.key, "only the supervisor does this, and the process runs without it")
		}
	}
}

// Sandboxed names what a sandbox keeps from a process that a container of its own does not.
func (l *Losses) Sandboxed(p plan.Process) {
	if p.Sandbox == nil {
		return
	}
	if p.Sandbox.Read != nil {
		l.Add(p.Name, "sandbox.read", "the process may read all files of its container")
	}
	for key, ports := range map[string][]int{"sandbox.connect-ports": p.Sandbox.ConnectPorts, "sandbox.bind-ports": p.Sandbox.BindPorts} {
		if ports != nil {
			l.Add(p.Name, key, "all processes share one network, and no port of it is closed to one of them alone")
		}
	}
}

// Environment names what of a process's environment a container of its own has otherwise.
func (l *Losses) Environment(p plan.Process) {
	for kind, probe := range p.Probes.All() {
		if probe != nil && probe.Exec != nil {
			l.programOutside(p, plan.ProbeKind(kind).Key()+".exec")
		}
	}
	if p.PreStop != nil && p.PreStop.Exec != nil {
		l.programOutside(p, "pre-stop.exec")
	}
	if !slices.Contains(p.InheritEnv, plan.Everything) {
		l.Add(p.Name, "inherit-env", "the container has its own environment: that of the image and what is declared")
	}
}

// programOutside names what a program misses that the container's runtime starts, and not the launcher.
func (l *Losses) programOutside(p plan.Process, key string) {
	l.Add(p.Name, key, "it has the variables of the image and of env, not those that buildpacks' layers set, PATH among them")
}

// Outputs names what a container of its own does otherwise with a process's output and its memory.
func (l *Losses) Outputs(p plan.Process) {
	if p.MemoryPolicy != "" {
		l.Add(p.Name, "memory-policy", "the kernel ends the container at its limit (OOMKilled)")
	}
	switch p.Logs {
	case plan.JSON:
		l.Add(p.Name, "logs", "a container's output is its own: it is not made JSON")
	case plan.Raw:
		l.Add(p.Name, "logs", "a container's output is its own: whoever reads it decides what stands before a line")
	}
}

// Restarts reports whether a process may be started again.
func Restarts(p plan.Process) bool { return p.Restart != plan.Never && p.MaxRestarts > 0 }

// defaultGrace is what the supervisor's default budget leaves an app that has no grace of its own, in seconds.
const defaultGrace = 9

// StopSeconds returns how long a process can take to stop: its delay, its grace, and as much for its pre-stop. It is at least twice the
// delay, which the supervisor allows half of the time that is left.
func StopSeconds(p plan.Process) float64 {
	grace := p.StopGracePeriodSeconds
	if p.Name == plan.AppName {
		grace = cmp.Or(grace, defaultGrace)
	}
	if p.PreStop != nil {
		grace *= 2
	}
	return p.StopDelaySeconds + max(grace, p.StopDelaySeconds)
}
