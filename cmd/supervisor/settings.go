package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
	"github.com/sidecar-buildpack/sidecar/sidecar/supervise"
)

// The settings at launch.
const (
	budgetVariable   = "BPL_SIDECAR_STOP_BUDGET_SECONDS"
	disabledVariable = "BPL_SIDECAR_DISABLED"
	formatVariable   = "BPL_SIDECAR_LOG_FORMAT"
	levelVariable    = "BPL_SIDECAR_LOG_LEVEL"
)

// defaultBudget leaves a second of the ten after which most platforms kill.
const defaultBudget = 9 * time.Second

// atLaunch is the plan and the options as the environment wants them. An empty variable is as good as none.
func atLaunch(p plan.Plan, lookup func(string) (string, bool)) (plan.Plan, supervise.Options, error) {
	o := supervise.Options{Budget: defaultBudget, Level: supervise.Info}
	for _, setting := range []struct {
		variable string
		apply    func(string) error
	}{
		{budgetVariable, func(s string) (err error) { o.Budget, err = budget(s); return err }},
		{levelVariable, func(s string) (err error) { o.Level, err = level(s); return err }},
		{disabledVariable, func(s string) (err error) { p, err = disable(p, s); return err }},
		{formatVariable, func(s string) (err error) { p, err = reformat(p, s); return err }},
	} {
		value, _ := lookup(setting.variable)
		if value == "" {
			continue
		}
		if err := setting.apply(value); err != nil {
			return p, o, fmt.Errorf("%s=%q: %w", setting.variable, value, err)
		}
	}
	return p, o, nil
}

func budget(s string) (time.Duration, error) {
	seconds, err := strconv.ParseFloat(s, 64)
	if err != nil || !(seconds > 0 && seconds <= 86400) {
		return 0, fmt.Errorf("write the seconds that stopping may take, more than 0 and at most 86400, such as 9")
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

func level(s string) (supervise.Level, error) {
	switch strings.ToLower(s) {
	case "info":
		return supervise.Info, nil
	case "debug":
		return supervise.Debug, nil
	}
	return 0, fmt.Errorf("write info or debug")
}

// disable leaves out the sidecars that are named; those that depend on them start without.
func disable(p plan.Plan, names string) (plan.Plan, error) {
	var known []string
	for _, s := range p.Sidecars {
		known = append(known, s.Name)
	}
	off := map[string]bool{}
	for name := range strings.SplitSeq(names, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		off[name] = true
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
		return p, fmt.Errorf("write prefix, raw or json")
	}
	p.Sidecars = slices.Clone(p.Sidecars)
	for i := range p.Sidecars {
		p.Sidecars[i].Logs = logs
	}
	return p, nil
}
