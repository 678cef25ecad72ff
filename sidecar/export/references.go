package export

import (
	"maps"
	"slices"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// References returns the names of the variables that a text refers to.
func References(text string) (names []string) {
	plan.Expand(text, func(name string) (string, bool) {
		names = append(names, name)
		return "", true
	})
	return names
}

// Variables returns a sidecar's own variables, but for those that refer to themselves: what the image or the platform has of them is not
// known.
func (l *Losses) Variables(p plan.Process) map[string]string {
	env := maps.Clone(p.Env)
	for name, value := range p.Env {
		if slices.Contains(References(value), name) {
			l.Add(p.Name, "env", "%s is left out: it refers to its own value from elsewhere, which is not known here; write that out", name)
			delete(env, name)
		}
	}
	return env
}

// Ordered returns the names of variables, each after those that its value refers to: shells and Kubernetes know of a variable what stands
// before it.
func Ordered(env map[string]string) (names []string) {
	done := map[string]bool{}
	var add func(name string)
	add = func(name string) {
		value, declared := env[name]
		if done[name] || !declared {
			return
		}
		done[name] = true
		for _, other := range References(value) {
			add(other)
		}
		names = append(names, name)
	}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		add(name)
	}
	return names
}
