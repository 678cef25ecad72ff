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

// beyond returns the variables that a sidecar's command refers to, itself or through its own variables, and that are not its own. A build
// fills in only those that are.
func beyond(p plan.Process) (names []string) {
	var look func(text string, of []string)
	look = func(text string, of []string) {
		for _, name := range References(text) {
			if value, own := p.Env[name]; own && !slices.Contains(of, name) {
				look(value, append(of, name))
			} else {
				names = append(names, name)
			}
		}
	}
	for _, word := range p.Command {
		look(word, nil)
	}
	return names
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
