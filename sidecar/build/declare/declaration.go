// Package declare reads what an app declares about its sidecars: from a sidecar.toml, a Cloud Foundry manifest, a classic buildpack's
// launch.yml, a binding, another buildpack. Each is read on its own into a Source; Merge puts sources together and checks what depends on
// what. What is wrong is told all at once, with file, line and column, the key, its value, and what to write instead.
//
// keys.go is the table of all keys: names, types, defaults, bounds and docs stand there and nowhere else.
package declare

import (
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// Declaration is all that was declared, valid and with every default.
type Declaration struct {
	// Env are variables for the app and the sidecars, from a manifest. They go before other buildpacks' launch defaults; what the platform
	// sets goes before them.
	Env map[string]string `toml:"env,omitempty"`
	App App               `toml:"app"`
	// Shared says that it was written for more than one image, as a manifest and a binding are: a process type that isn't in this one is left
	// out with a warning. Merge moves it to the sidecars.
	Shared   bool      `toml:"shared,omitempty"`
	Sidecars []Sidecar `toml:"sidecars,omitempty"`
}

// App is what is declared of the main process.
type App struct {
	DependsOn              map[string]string `toml:"depends-on,omitempty"`
	StopSignal             string            `toml:"stop-signal"`
	StopGracePeriodSeconds float64           `toml:"stop-grace-period-seconds,omitzero"` // 0: all that the stop budget leaves it
	StopDelaySeconds       float64           `toml:"stop-delay-seconds,omitzero"`
	PreStop                *plan.Hook        `toml:"pre-stop,omitempty"`
	OnChange               *plan.OnChange    `toml:"on-change,omitempty"`
	Logs                   string            `toml:"logs"`

	plan.Probes
}

// Sidecar is one process to run beside the app.
type Sidecar struct {
	Origin string `toml:"-"` // the source that declares it, where Merge has put several together
	Shared bool   `toml:"-"` // the source's Shared

	Name string `toml:"name"`
	// ProcessTypes are those that it runs beside: EveryType alone for all, none for the default process type.
	ProcessTypes []string     `toml:"process-types,omitempty"`
	Command      Command      `toml:"command"`
	Files        []string     `toml:"files,omitempty"` // app-relative; packaged with the command's own file
	WorkingDir   string       `toml:"working-dir,omitempty"`
	Dependencies []Dependency `toml:"dependencies,omitempty"` // downloaded at build, those for the image's architecture
	Requires     []string     `toml:"requires,omitempty"`     // of the build plan

	Memory  plan.Size         `toml:"memory,omitzero"` // 0: none of its own
	Env     map[string]string `toml:"env,omitempty"`
	EnvFrom []plan.EnvFrom    `toml:"env-from,omitempty"`
	// MemoryPolicy is warn, restart, stop or limit; empty: what it uses is not measured.
	MemoryPolicy string            `toml:"memory-policy,omitempty"`
	OnChange     *plan.OnChange    `toml:"on-change,omitempty"`
	InheritEnv   Names             `toml:"inherit-env"`
	DependsOn    map[string]string `toml:"depends-on,omitempty"`

	Restart              string  `toml:"restart"`
	MaxRestarts          int     `toml:"max-restarts"`
	RestartWindowSeconds float64 `toml:"restart-window-seconds"`
	Essential            bool    `toml:"essential"`
	BackoffSeconds       float64 `toml:"backoff-seconds,omitzero"`     // 0: 1
	BackoffMaxSeconds    float64 `toml:"backoff-max-seconds,omitzero"` // 0: 60
	SuccessExitCodes     []int   `toml:"success-exit-codes,omitempty"` // none: 0 alone
	RestartOnExitCodes   []int   `toml:"restart-on-exit-codes,omitempty"`
	NoRestartOnExitCodes []int   `toml:"no-restart-on-exit-codes,omitempty"`

	StopSignal             string     `toml:"stop-signal"`
	StopGracePeriodSeconds float64    `toml:"stop-grace-period-seconds"`
	StopDelaySeconds       float64    `toml:"stop-delay-seconds,omitzero"`
	PreStop                *plan.Hook `toml:"pre-stop,omitempty"`
	Logs                   string     `toml:"logs"`
	// Sandbox is nil where nothing is declared.
	Sandbox *plan.Sandbox `toml:"sandbox,omitempty"`

	plan.Probes
}

// Declared returns the keys with which the app has something else than by default, in the order of the table of keys.
func (a App) Declared() []string { return appKeys.declared(a) }

// Declared returns the keys with which the sidecar has something else than by default, in the order of the table of keys.
func (s Sidecar) Declared() []string { return sidecarKeys.declared(s) }

// WithCommands returns the sidecar with its command, and those that its probes run, as change returns them.
func (s Sidecar) WithCommands(change func(argv []string) []string) Sidecar {
	s.Command = change(s.Command)
	for _, p := range []**plan.Probe{&s.StartupProbe, &s.ReadinessProbe, &s.LivenessProbe} {
		if *p != nil && (*p).Exec != nil {
			changed := **p
			changed.Exec = &plan.Exec{Command: change(changed.Exec.Command)}
			*p = &changed
		}
	}
	if s.PreStop != nil && s.PreStop.Exec != nil {
		s.PreStop = &plan.Hook{Exec: &plan.Exec{Command: change(s.PreStop.Exec.Command)}}
	}
	return s
}

// Command is an argv. In a declaration it is a list, or a string that is split where it needs no shell and becomes
// bash -c where it does, which is how Cloud Foundry runs it.
type Command []string

// Names is a list of environment variables' names, or Everything alone; in a declaration also true, for everything, or false, for none.
type Names []string

// Everything stands for the whole environment in Names, and EveryType for every process type there is.
const (
	Everything = "*"
	EveryType  = "*"
)
