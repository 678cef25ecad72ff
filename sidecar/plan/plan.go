// Package plan holds what is resolved for one process type: all that the supervisor needs to know, with every default
// filled in and every path final. It is written at build time and read in the image.
package plan

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/sidecar-buildpack/sidecar/sidecar/memory"
	"github.com/sidecar-buildpack/sidecar/sidecar/probe"
)

// Plan is one process type: the app's main process and the sidecars beside it.
type Plan struct {
	Type     string    `toml:"type"` // such as web
	App      Process   `toml:"app"`
	Sidecars []Process `toml:"sidecars,omitempty"`
}

// AppName is what depends-on and messages call the main process.
const AppName = "app"

// Process is one process of a Plan. Names and meanings are those of sidecar.toml.
type Process struct {
	Name       string            `toml:"name"`
	Command    []string          `toml:"command,omitempty"`     // argv; empty for the app, whose command is the supervisor's own arguments
	WorkingDir string            `toml:"working-dir,omitempty"` // absolute; empty: the supervisor's own
	Env        map[string]string `toml:"env,omitempty"`
	InheritEnv []string          `toml:"inherit-env"` // names it may see of the supervisor's environment; Everything for all
	Memory     memory.Size       `toml:"memory,omitzero"`
	// MemoryPolicy is what is done about a process that uses more than its Memory; empty: it is not measured.
	MemoryPolicy MemoryPolicy         `toml:"memory-policy,omitempty"`
	DependsOn    map[string]Condition `toml:"depends-on,omitempty"`

	Restart              Restart `toml:"restart"`
	MaxRestarts          int     `toml:"max-restarts"`
	RestartWindowSeconds float64 `toml:"restart-window-seconds"`
	Essential            bool    `toml:"essential"`

	StopSignal             string  `toml:"stop-signal"`               // such as SIGTERM
	StopGracePeriodSeconds float64 `toml:"stop-grace-period-seconds"` // 0 for the app: all that the stop budget leaves it
	Logs                   Logs    `toml:"logs"`

	StartupProbe   *probe.Probe `toml:"startup-probe,omitempty"`
	ReadinessProbe *probe.Probe `toml:"readiness-probe,omitempty"`
	LivenessProbe  *probe.Probe `toml:"liveness-probe,omitempty"`
}

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
)

// Logs says how a process's output is passed on.
type Logs string

// The forms of output.
const (
	Raw    Logs = "raw"    // inherited, untouched
	Prefix Logs = "prefix" // each line behind "name | "
	JSON   Logs = "json"   // one object a line: time, name, stream, line
)

type file struct {
	Plans []Plan `toml:"plans"`
}

// Write makes path a file that Read understands, with one plan for each process type.
func Write(path string, plans ...Plan) error {
	var text bytes.Buffer
	if err := Encode(&text, plans...); err != nil {
		return fmt.Errorf("writing plan %s: %w", path, err)
	}
	return os.WriteFile(path, text.Bytes(), 0o644)
}

// Encode writes what a file that Read understands has.
func Encode(w io.Writer, plans ...Plan) error { return toml.NewEncoder(w).Encode(file{plans}) }

// Read finds the plan for processType in the file at path. A type that isn't there is an error that lists those that are, and so is a plan
// that makes no sense to run.
func Read(path, processType string) (Plan, error) {
	var f file
	if _, err := toml.DecodeFile(path, &f); err != nil {
		return Plan{}, fmt.Errorf("reading plan %s: %w", path, err)
	}
	types := make([]string, len(f.Plans))
	for i, p := range f.Plans {
		if types[i] = p.Type; p.Type != processType {
			continue
		}
		if process, problem := p.senseless(); problem != "" {
			return Plan{}, fmt.Errorf("plan %s: process %q of type %s %s", path, process, processType, problem)
		}
		return p, nil
	}
	return Plan{}, fmt.Errorf("plan %s has no process type %q; it has: %s", path, processType, cmp.Or(strings.Join(types, ", "), "none"))
}
