package cli

import (
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/memory"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/runtimes"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
	"github.com/sidecar-buildpack/sidecar/sidecar/preview"
)

// divide returns what each process has of a container with that much memory, and what a Java sidecar makes of it; where none is known, what
// is declared. What does not fit is an error, with all that does.
func divide(p plan.Plan, total plan.Size) (all []preview.Memory, err error) {
	var shares []memory.Share
	for _, s := range p.Sidecars {
		shares = append(shares, memory.Share{Name: s.Name, Memory: s.Memory})
	}
	if total > 0 {
		division, err := memory.Divide(memory.Container{Limit: total, Source: "--memory"}, p.Type, shares)
		if err != nil {
			return nil, err
		}
		all = append(all, preview.Memory{Name: p.Type, Size: division.App.Memory})
	}
	for _, s := range p.Sidecars {
		one := preview.Memory{Name: s.Name, Size: s.Memory}
		if total > 0 && err == nil {
			one.Detail, err = regions(s)
		}
		all = append(all, one)
	}
	return all, err
}

// regions says how a Java sidecar's memory is divided in turn; it is empty for any other.
func regions(s plan.Process) (string, error) {
	var env []string
	for name, value := range s.Env {
		env = append(env, name+"="+value)
	}
	return runtimes.SidecarJVM(s.Memory, runtimes.Process{Name: s.Name, Argv: s.Command, Env: env, Own: s.Env})
}
