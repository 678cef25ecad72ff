// Package plan holds what is resolved for one process type: all that the supervisor needs to know, with every default
// filled in and every path final. It is written at build time and read in the image.
package plan

import (
	"math"
	"slices"
	"strconv"
)

// Plan is one process type: the app's main process and the sidecars beside it.
type Plan struct {
	Type     string // such as web
	App      Process
	Sidecars []Process
	// Env are variables for app and sidecars that go before the launch defaults of Buildpacks, the earlier buildpacks' directories in the
	// image, in their order; what the platform sets goes before them.
	Env        map[string]string
	Buildpacks []string
}

func (p *Plan) rows() []row {
	return []row{
		{"type", &p.Type}, {"buildpacks", &p.Buildpacks}, {"env", &p.Env}, {"app", &p.App}, {"sidecars", &p.Sidecars},
	}
}

// Titles returns what people call each of the plan's Processes: the app by its process type, a sidecar by its name.
func (p Plan) Titles() []string {
	var titles []string
	for _, s := range p.Sidecars {
		titles = append(titles, "sidecar "+strconv.Quote(s.Name))
	}
	return append(titles, p.Type)
}

// Reserved returns what the sidecars declare of the container's memory together.
func (p Plan) Reserved() (sum Size) {
	for _, s := range p.Sidecars {
		sum += min(s.Memory, math.MaxInt64-sum)
	}
	return sum
}

// AppName is what depends-on and messages call the main process.
const AppName = "app"

// Process is one process of a Plan. Names and meanings are those of sidecar.toml.
type Process struct {
	Name       string
	Command    []string // argv; empty for the app, whose command is the supervisor's own arguments
	WorkingDir string   // absolute; empty: the supervisor's own
	// Env has references to the supervisor's variables, and Command to the process's own, as Expand reads them.
	Env        map[string]string
	EnvFrom    []EnvFrom
	InheritEnv []string // names it may see of the supervisor's environment; Everything for all
	Memory     Size
	// MemoryPolicy is what is done about a process that uses more than its Memory; empty: it is not measured.
	MemoryPolicy MemoryPolicy
	DependsOn    map[string]Condition

	OnChange *OnChange

	Restart              Restart
	MaxRestarts          int
	RestartWindowSeconds float64
	Essential            bool
	BackoffSeconds       float64 // before the first restart; 0: 1
	BackoffMaxSeconds    float64 // before any; 0: 60

	// Exit codes are 128 + the signal where one ended the process.
	SuccessExitCodes     []int // none: 0 alone
	RestartOnExitCodes   []int // whatever Restart says
	NoRestartOnExitCodes []int // and these go before those

	StopSignal             string  // such as SIGTERM
	StopGracePeriodSeconds float64 // 0 for the app: all that the stop budget leaves it
	StopDelaySeconds       float64 // how long it goes on working before it is told to stop
	PreStop                *Hook   // what is done then, before it is told
	Logs                   Logs
	// Sandbox is nil where there is none.
	Sandbox *Sandbox

	Probes
}

// Succeeds reports whether an exit code of the process, 128 + the signal where one ended it, is no failure. The app's are its own matter.
func (q *Process) Succeeds(code int) bool {
	if len(q.SuccessExitCodes) == 0 {
		return code == 0
	}
	return slices.Contains(q.SuccessExitCodes, code)
}

func (q *Process) rows() []row {
	return []row{
		{"name", &q.Name}, {"command", &q.Command}, {"working-dir", &q.WorkingDir}, {"inherit-env", &q.InheritEnv},
		{"memory", &q.Memory}, {"memory-policy", (*string)(&q.MemoryPolicy)},
		{"restart", (*string)(&q.Restart)}, {"max-restarts", &q.MaxRestarts}, {"restart-window-seconds", &q.RestartWindowSeconds},
		{"backoff-seconds", &q.BackoffSeconds}, {"backoff-max-seconds", &q.BackoffMaxSeconds}, {"essential", &q.Essential},
		{"success-exit-codes", &q.SuccessExitCodes}, {"restart-on-exit-codes", &q.RestartOnExitCodes},
		{"no-restart-on-exit-codes", &q.NoRestartOnExitCodes},
		{"stop-signal", &q.StopSignal}, {"stop-grace-period-seconds", &q.StopGracePeriodSeconds},
		{"stop-delay-seconds", &q.StopDelaySeconds}, {"logs", (*string)(&q.Logs)},
		{"env", &q.Env}, {"env-from", &q.EnvFrom}, {"depends-on", &q.DependsOn}, {"on-change", &q.OnChange}, {"pre-stop", &q.PreStop},
		{"sandbox", &q.Sandbox},
		{"startup-probe", &q.StartupProbe}, {"readiness-probe", &q.ReadinessProbe}, {"liveness-probe", &q.LivenessProbe},
	}
}

// Hook is something to do: one of HTTPGet and Exec is set.
type Hook struct {
	HTTPGet *HTTPGet `toml:"http-get,omitempty"`
	Exec    *Exec    `toml:"exec,omitempty"`
}

func (h *Hook) rows() []row { return []row{{"http-get", &h.HTTPGet}, {"exec", &h.Exec}} }

// EnvFrom is where variables are read from at launch: a file, or a binding.
type EnvFrom struct {
	File    string `toml:"file,omitempty"`    // absolute, lines of NAME=value
	Binding string `toml:"binding,omitempty"` // its name or type
	Prefix  string `toml:"prefix,omitempty"`  // of the variables' names
}

func (e *EnvFrom) rows() []row {
	return []row{{"file", &e.File}, {"binding", &e.Binding}, {"prefix", &e.Prefix}}
}

// OnChange is what is done when one of several files or directories changes.
type OnChange struct {
	Paths []string `toml:"paths"` // absolute
	Do    string   `toml:"do"`    // DoRestart, or the name of a signal such as SIGHUP
}

func (o *OnChange) rows() []row { return []row{{"paths", &o.Paths}, {"do", &o.Do}} }

// DoRestart starts a sidecar again.
const DoRestart = "restart"

// Everything in InheritEnv stands for the whole environment.
const Everything = "*"

// Condition is what a process waits for in another.
type Condition string

// The conditions of depends-on.
const (
	Started   Condition = "started"   // it runs and its startup probe, if any, has passed
	Ready     Condition = "ready"     // and its readiness probe, if any, passes
	Completed Condition = "completed" // it has exited with 0
)

// Restart says after which ends a process is started again.
type Restart string

// The restart policies.
const (
	Never     Restart = "never"
	OnFailure Restart = "on-failure"
	Always    Restart = "always"
)

// MemoryPolicy says what is done about a process that uses more memory than its share.
type MemoryPolicy string

// The memory policies.
const (
	WarnOver    MemoryPolicy = "warn"    // it is said
	RestartOver MemoryPolicy = "restart" // it is started again, whatever its restart policy, within its restarts
	StopOver    MemoryPolicy = "stop"    // it is ended for good
	LimitOver   MemoryPolicy = "limit"   // its allocation fails; it isn't measured
)

// Logs says how a process's output is passed on.
type Logs string

// The forms of output.
const (
	Raw    Logs = "raw"    // inherited, untouched
	Prefix Logs = "prefix" // each line behind "name | "
	JSON   Logs = "json"   // one object a line: time, name, stream, line
)
