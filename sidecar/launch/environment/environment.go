// Package environment decides which variables each process is started with: what the container has, what a manifest says of the app, what a
// sidecar may see of that, and what is its own.
package environment

import (
	"slices"
	"strconv"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/fault"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// Of returns the environment of one process of a plan, and its command with references to variables expanded; all is what the plan's
// processes may see. An error names the process and what of its env-from can't be read.
func Of(all []string, p plan.Process) (argv, env []string, err error) {
	secrets, err := fromSources(p.EnvFrom, lookup(all))
	if err != nil {
		return nil, nil, fault.Wrap("sidecar "+strconv.Quote(p.Name)+": env-from: ", err)
	}
	own, err := plan.ExpandAll(p.Env, secrets, lookup(all))
	if err != nil {
		return nil, nil, fault.Wrap("sidecar "+strconv.Quote(p.Name)+": env: ", err)
	}
	env = visible(all, p.InheritEnv, own)
	for _, word := range p.Command {
		argv = append(argv, plan.Expand(word, lookup(env)))
	}
	return argv, env, nil
}

// visible returns what inherit lets through of all, with a process's own variables in the place of others of the same names.
func visible(all, inherit []string, own map[string]string) []string {
	if slices.Contains(inherit, plan.Everything) && len(own) == 0 {
		return all
	}
	var env []string
	for _, kv := range all {
		name, _, _ := strings.Cut(kv, "=")
		_, replaced := own[name]
		if !replaced && (slices.Contains(inherit, plan.Everything) || slices.Contains(inherit, name)) {
			env = append(env, kv)
		}
	}
	for name, value := range own {
		env = append(env, name+"="+value)
	}
	return env
}

// lookup finds a variable in an environment.
func lookup(env []string) func(name string) (string, bool) {
	return func(name string) (string, bool) {
		for _, kv := range env {
			if value, ok := strings.CutPrefix(kv, name+"="); ok {
				return value, true
			}
		}
		return "", false
	}
}
