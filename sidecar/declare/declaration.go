// Package declare reads what an app declares about its sidecars, from every place where that can stand, and says exactly
// what is wrong with it.
package declare

import (
	"slices"

	"github.com/sidecar-buildpack/sidecar/sidecar/memory"
	"github.com/sidecar-buildpack/sidecar/sidecar/probe"
)

// Declaration is all that was declared, valid and with every default filled in.
type Declaration struct {
	// Env holds launch defaults for the app and the sidecars: what the platform sets goes before them. A manifest.yml's env ends up
	// here; in a sidecar.toml it isn't accepted.
	Env      map[string]string `toml:"env,omitempty"`
	App      App               `toml:"app"`
	Sidecars []Sidecar         `toml:"sidecars,omitempty"`
}

// App is what may be said of the main process.
type App struct {
	DependsOn              map[string]string `toml:"depends-on,omitempty"`
	StopGracePeriodSeconds float64           `toml:"stop-grace-period-seconds,omitzero"` // 0: all that the stop budget leaves it
	Logs                   string            `toml:"logs"`                               // default raw
	StartupProbe           *probe.Probe      `toml:"startup-probe,omitempty"`
	ReadinessProbe         *probe.Probe      `toml:"readiness-probe,omitempty"`
	LivenessProbe          *probe.Probe      `toml:"liveness-probe,omitempty"`
}

// Sidecar is one process to run beside the app.
type Sidecar struct {
	Origin string `toml:"-"` // the source that declares it, where Merge has put several together

	Name         string       `toml:"name"`
	ProcessTypes []string     `toml:"process-types"` // default web
	Command      Command      `toml:"command"`
	Files        []string     `toml:"files,omitempty"` // app-relative; packaged with the command's own file
	WorkingDir   string       `toml:"working-dir,omitempty"`
	Dependencies []Dependency `toml:"dependencies,omitempty"` // downloaded at build, those for the image's architecture

	Memory memory.Size       `toml:"memory,omitzero"` // 0: none of its own
	Env    map[string]string `toml:"env,omitempty"`
	// MemoryPolicy is warn, restart or stop; empty: what it uses is not measured.
	MemoryPolicy string            `toml:"memory-policy,omitempty"`
	InheritEnv   Names             `toml:"inherit-env"` // default: everything
	DependsOn    map[string]string `toml:"depends-on,omitempty"`

	Restart              string  `toml:"restart"`                // default never
	MaxRestarts          int     `toml:"max-restarts"`           // default 5
	RestartWindowSeconds float64 `toml:"restart-window-seconds"` // default 60
	Essential            bool    `toml:"essential"`              // default true

	StopSignal             string  `toml:"stop-signal"`               // default SIGTERM
	StopGracePeriodSeconds float64 `toml:"stop-grace-period-seconds"` // default 5
	Logs                   string  `toml:"logs"`                      // default prefix

	StartupProbe   *probe.Probe `toml:"startup-probe,omitempty"`
	ReadinessProbe *probe.Probe `toml:"readiness-probe,omitempty"`
	LivenessProbe  *probe.Probe `toml:"liveness-probe,omitempty"`
}

// Probes gives those that the sidecar has.
func (s Sidecar) Probes() []*probe.Probe {
	return slices.DeleteFunc([]*probe.Probe{s.StartupProbe, s.ReadinessProbe, s.LivenessProbe}, func(p *probe.Probe) bool { return p == nil })
}

// WithCommands gives the sidecar with what change makes of its command and of those that its probes run.
func (s Sidecar) WithCommands(change func(argv []string) []string) Sidecar {
	s.Command = change(s.Command)
	for _, p := range []**probe.Probe{&s.StartupProbe, &s.ReadinessProbe, &s.LivenessProbe} {
		if *p != nil && (*p).Exec != nil {
			changed := **p
			changed.Exec = &probe.Exec{Command: change(changed.Exec.Command)}
			*p = &changed
		}
	}
	return s
}

// Command is an argv. In a declaration it is a list, or a string that is split where it needs no shell and becomes
// bash -c where it does, which is how Cloud Foundry runs it.
type Command []string

// Names is a list of environment variables' names, or Everything alone; in a declaration also true, for everything, or false, for none.
type Names []string

// Everything stands for the whole environment.
const Everything = "*"
