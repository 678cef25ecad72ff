package sidecar

import (
	"fmt"
	"slices"
	"strings"

	"github.com/buildpacks/libcnb/v2"

	"github.com/sidecar-buildpack/sidecar/sidecar/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/layer"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
	"github.com/sidecar-buildpack/sidecar/sidecar/process"
	"github.com/sidecar-buildpack/sidecar/sidecar/resolve"
)

// plansFor resolves a plan for every process type that has sidecars. One that no earlier buildpack defines is an error.
func plansFor(declaration declare.Declaration, earlier []process.Process, app string) ([]plan.Plan, error) {
	var plans []plan.Plan
	for _, processType := range resolve.Types(declaration) {
		if _, ok := find(earlier, processType); !ok {
			return nil, unknownType(declaration, processType, earlier)
		}
		plans = append(plans, resolve.Plan(declaration, processType, app))
	}
	return plans, nil
}

func unknownType(declaration declare.Declaration, processType string, earlier []process.Process) error {
	there := "none at all"
	if len(earlier) > 0 {
		types := make([]string, len(earlier))
		for i, p := range earlier {
			types[i] = p.Type
		}
		there = strings.Join(types, ", ")
	}
	i := slices.IndexFunc(declaration.Sidecars, func(s declare.Sidecar) bool { return slices.Contains(s.ProcessTypes, processType) })
	return fmt.Errorf("%s: sidecar %q is for the process type %q, which no buildpack before this one defines; they define %s. "+
		"Name one of those in its process-types, or, where a later buildpack defines it, order this buildpack last",
		declaration.Sidecars[i].Origin, declaration.Sidecars[i].Name, processType, there)
}

// processesFor redefines every process type that has a plan, behind the supervisor in the buildpack's layers directory, and
// adds one for each sidecar on its own, with its plain command, except where an earlier buildpack has taken that name.
func processesFor(plans []plan.Plan, earlier []process.Process, layers string) ([]libcnb.Process, error) {
	var all []libcnb.Process
	for _, p := range plans {
		before, _ := find(earlier, p.Type)
		wrapped, err := process.Wrap(before, layer.Executable(layers), layer.Script(layers, p.Type))
		if err != nil {
			return nil, err
		}
		all = append(all, wrapped)
	}
	for _, s := range sidecars(plans) {
		processType := declare.Slug(s.Name)
		if _, taken := find(earlier, processType); !taken {
			all = append(all, libcnb.Process{Type: processType, Command: s.Command, WorkingDirectory: s.WorkingDir})
		}
	}
	return all, nil
}

// scripts gives what bash has to run first for those process types that have a plan and need it.
func scripts(plans []plan.Plan, earlier []process.Process, app string) map[string]string {
	scripts := map[string]string{}
	for _, p := range plans {
		if before, _ := find(earlier, p.Type); before.Shell {
			scripts[p.Type] = before.Script(app)
		}
	}
	return scripts
}

// sidecars gives each sidecar of the plans once.
func sidecars(plans []plan.Plan) []plan.Process {
	var all []plan.Process
	for _, p := range plans {
		for _, s := range p.Sidecars {
			if !slices.ContainsFunc(all, func(other plan.Process) bool { return other.Name == s.Name }) {
				all = append(all, s)
			}
		}
	}
	return all
}

func find(earlier []process.Process, processType string) (process.Process, bool) {
	i := slices.IndexFunc(earlier, func(p process.Process) bool { return p.Type == processType })
	if i < 0 {
		return process.Process{}, false
	}
	return earlier[i], true
}
