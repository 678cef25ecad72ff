// Package settings reads what the environment says of a launch: the BPL_SIDECAR_ variables.
package settings

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sidecar-buildpack/sidecar/sidecar/fault"
	"github.com/sidecar-buildpack/sidecar/sidecar/inet"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/machine"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/memory"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// prefix is what the variables of ours begin with.
const prefix = "BPL_SIDECAR_"

// The settings at launch, but for those that are about memory.
const (
	budgetVariable   = "BPL_SIDECAR_STOP_BUDGET_SECONDS"
	disabledVariable = "BPL_SIDECAR_DISABLED"
	formatVariable   = "BPL_SIDECAR_LOG_FORMAT"
	levelVariable    = "BPL_SIDECAR_LOG_LEVEL"
	bufferVariable   = "BPL_SIDECAR_LOG_BUFFER"
	healthVariable   = "BPL_SIDECAR_HEALTH_ADDRESS"
)

// defaultBudget leaves a second of the ten after which most platforms kill.
const defaultBudget = 9 * time.Second

// Settings are what the environment says of a launch.
type Settings struct {
	StopBudget   time.Duration
	Level        machine.Level // the least Report that is told
	MemoryPolicy memory.Policy
	MemoryTotal  plan.Size // 0: the container's limit
	LogBuffer    plan.Size // of each process; 0: no lines are kept
	Warnings     []string  // about variables that nobody knows

	HealthAddress inet.Endpoint // without a port: nobody is told
}

// Read returns the settings, and p as they want it. environ is os.Environ's; an empty variable is as good as none. Words may be written in
// capitals. An error names each variable that is wrong, its value and what to write.
func Read(p plan.Plan, environ []string) (Settings, plan.Plan, error) {
	s := Settings{StopBudget: defaultBudget, Level: machine.Info, MemoryPolicy: memory.Fail}
	known := []setting{
		{budgetVariable, func(v string) (err error) { s.StopBudget, err = budget(v); return err }},
		{levelVariable, func(v string) (err error) { s.Level, err = level(strings.ToLower(v)); return err }},
		{disabledVariable, func(v string) (err error) { p, err = disable(p, v); return err }},
		{formatVariable, func(v string) (err error) { p, err = reformat(p, strings.ToLower(v)); return err }},
		{bufferVariable, func(v string) (err error) { s.LogBuffer, err = buffer(v); return err }},
		{healthVariable, func(v string) (err error) { s.HealthAddress, err = address(v); return err }},
		{memory.PolicyVariable, func(v string) (err error) { s.MemoryPolicy, err = memory.ParsePolicy(strings.ToLower(v)); return err }},
		{memory.TotalVariable, func(v string) (err error) { s.MemoryTotal, err = plan.ParseSize(v); return err }},
	}
	var wrong []error
	for _, variable := range environ {
		name, value, _ := strings.Cut(variable, "=")
		i := slices.IndexFunc(known, func(k setting) bool { return k.name == name })
		if value == "" || i < 0 && !isMeant(name, known) {
			continue
		}
		if i < 0 {
			s.Warnings = append(s.Warnings, name+" is set, but there is no such variable: did you mean "+nearest(name, known)+"?")
			continue
		}
		if err := known[i].apply(value); err != nil {
			wrong = append(wrong, fault.Wrap(name+"="+strconv.Quote(value)+": ", err))
		}
	}
	return s, p, errors.Join(wrong...)
}

// isMeant reports whether a variable that nobody knows was meant to be one of ours. A build's are no mistake: some platforms have one
// environment for build and launch.
func isMeant(name string, known []setting) bool {
	if rest, isBuilds := strings.CutPrefix(name, "BP_SIDECAR_"); isBuilds {
		return slices.ContainsFunc(known, func(k setting) bool { return k.name == prefix+rest })
	}
	return strings.HasPrefix(name, "BPL_SIDECAR")
}

// setting is a variable and what its value does.
type setting struct {
	name  string
	apply func(value string) error
}

func budget(s string) (time.Duration, error) {
	seconds, err := strconv.ParseFloat(s, 64)
	if err != nil || !(seconds > 0 && seconds <= 86400) {
		return 0, errors.New("write the seconds that stopping may take, more than 0 and at most 86400, such as 9")
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

func level(s string) (machine.Level, error) {
	switch s {
	case "info":
		return machine.Info, nil
	case "debug":
		return machine.Debug, nil
	}
	return 0, errors.New("write info or debug")
}

func buffer(s string) (plan.Size, error) {
	size, err := plan.ParseSize(s)
	if err == nil && (size < plan.K || size > plan.G) {
		return 0, errors.New("write how much to keep of each process, from 1K to 1G, such as 64K")
	}
	return size, err
}

func address(s string) (inet.Endpoint, error) {
	on, ok := inet.ParseEndpoint(s)
	if !ok || on.Port == 0 {
		return on, errors.New("write an IP address and a port, such as 127.0.0.1:9090, or 0.0.0.0:9090 for all")
	}
	return on, nil
}

// disable leaves out the sidecars that are named, or their slugs; those that depend on them start without.
func disable(p plan.Plan, names string) (plan.Plan, error) {
	var known, unknown []string
	for _, s := range p.Sidecars {
		known = append(known, s.Name)
	}
	left := slices.Clone(p.Sidecars)
	for name := range strings.SplitSeq(names, ",") {
		name = strings.TrimSpace(name)
		isOff := func(s plan.Process) bool { return s.Name == name || plan.Slug(s.Name) == name }
		switch {
		case slices.ContainsFunc(p.Sidecars, isOff):
			left = slices.DeleteFunc(left, isOff)
		case name != "":
			unknown = append(unknown, strconv.Quote(name))
		}
	}
	if len(unknown) > 0 {
		return p, errors.New(p.Type + " has no sidecar " + strings.Join(unknown, ", ") + "; it has: " + strings.Join(known, ", "))
	}
	p.Sidecars = left
	return p, nil
}

// reformat gives all sidecars the same form of output.
func reformat(p plan.Plan, format string) (plan.Plan, error) {
	logs := plan.Logs(format)
	if logs != plan.Raw && logs != plan.Prefix && logs != plan.JSON {
		return p, errors.New("write prefix, raw or json")
	}
	p.Sidecars = slices.Clone(p.Sidecars)
	for i := range p.Sidecars {
		p.Sidecars[i].Logs = logs
	}
	return p, nil
}
