package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sidecar-buildpack/sidecar/sidecar/memory"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
	"github.com/sidecar-buildpack/sidecar/sidecar/supervise"
)

// The settings at launch, but for those that are about memory.
const (
	budgetVariable   = "BPL_SIDECAR_STOP_BUDGET_SECONDS"
	disabledVariable = "BPL_SIDECAR_DISABLED"
	formatVariable   = "BPL_SIDECAR_LOG_FORMAT"
	levelVariable    = "BPL_SIDECAR_LOG_LEVEL"
)

// defaultBudget leaves a second of the ten after which most platforms kill.
const defaultBudget = 9 * time.Second

// settings are what the environment says of a launch.
type settings struct {
	budget time.Duration
	level  supervise.Level
	policy memory.Policy
	total  memory.Size // 0: the container's limit
}

// read gives the settings, and the plan as they want it. An empty variable is as good as none.
func read(p plan.Plan, variable func(string) string) (settings, plan.Plan, error) {
	s := settings{budget: defaultBudget, level: supervise.Info, policy: memory.Fail}
	for _, setting := range []struct {
		name  string
		apply func(string) error
	}{
		{budgetVariable, func(v string) (err error) { s.budget, err = budget(v); return err }},
		{levelVariable, func(v string) (err error) { s.level, err = level(v); return err }},
		{disabledVariable, func(v string) (err error) { p, err = disable(p, v); return err }},
		{formatVariable, func(v string) (err error) { p, err = reformat(p, v); return err }},
		{memory.PolicyVariable, func(v string) (err error) { s.policy, err = memory.ParsePolicy(v); return err }},
		{memory.TotalVariable, func(v string) (err error) { s.total, err = memory.ParseSize(v); return err }},
	} {
		value := variable(setting.name)
		if value == "" {
			continue
		}
		if err := setting.apply(value); err != nil {
			return s, p, fmt.Errorf("%s=%q: %w", setting.name, value, err)
		}
	}
	return s, p, nil
}

func budget(s string) (time.Duration, error) {
	seconds, err := strconv.ParseFloat(s, 64)
	if err != nil || !(seconds > 0 && seconds <= 86400) {
		return 0, errors.New("write the seconds that stopping may take, more than 0 and at most 86400, such as 9")
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

func level(s string) (supervise.Level, error) {
	switch s {
	case "info":
		return supervise.Info, nil
	case "debug":
		return supervise.Debug, nil
	}
	return 0, errors.New("write info or debug")
}

// disable leaves out the sidecars that are named; those that depend on them start without.
func disable(p plan.Plan, names string) (plan.Plan, error) {
	off := map[string]bool{}
	for name := range strings.SplitSeq(names, ",") {
		if name = strings.TrimSpace(name); name != "" {
			off[name] = true
		}
	}
	var known []string
	for _, s := range p.Sidecars {
		known = append(known, s.Name)
	}
	for name := range off {
		if !slices.Contains(known, name) {
			return p, fmt.Errorf("%s has no sidecar %q; it has: %s", p.Type, name, strings.Join(known, ", "))
		}
	}
	p.Sidecars = slices.DeleteFunc(slices.Clone(p.Sidecars), func(s plan.Process) bool { return off[s.Name] })
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
