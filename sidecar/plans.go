package sidecar

import (
	"errors"
	"slices"

	"github.com/buildpacks/libcnb/v2"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/layer"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/process"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/resolve"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// checkTypes reports every process type that has sidecars and that can't be put behind a supervisor.
func checkTypes(declaration declare.Declaration, earlier []process.Process) error {
	var errs []error
	for _, processType := range resolve.Types(declaration) {
		before, _ := find(earlier, processType)
		if _, err := process.Wrap(before, "", ""); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// imageOf returns what is known of the image.
func imageOf(earlier []process.Process) resolve.Image {
	var image resolve.Image
	for _, p := range earlier {
		image.Types = append(image.Types, p.Type)
		if p.Default {
			image.Default = p.Type
		}
	}
	return image
}

// plansFor returns a plan for every process type that has sidecars.
func plansFor(declaration declare.Declaration, earlier []process.Process, app string) []plan.Plan {
	var plans []plan.Plan
	for _, processType := range resolve.Types(declaration) {
		p := resolve.Plan(declaration, processType, app)
		if before, _ := find(earlier, processType); len(p.Env) > 0 {
			p.Buildpacks = before.Buildpacks
		}
		plans = append(plans, p)
	}
	return plans
}

// processesFor redefines every process type that has a plan, behind the supervisor in the buildpack's layers directory, and
// adds one for each sidecar that can have one of its own, with its plain command. The launcher looks for that in the app's directory, and
// only then changes to the process's own.
func processesFor(plans []plan.Plan, earlier []process.Process, app, layers string) ([]libcnb.Process, error) {
	var all []libcnb.Process
	for _, p := range plans {
		before, _ := find(earlier, p.Type)
		wrapped, err := process.Wrap(before, layer.Executable(layers), layer.Script(layers, p.Type))
		if err != nil {
			return nil, err
		}
		all = append(all, wrapped)
	}
	for _, s := range alone(plans, earlier) {
		command, _, err := s.Alone()
		if err != nil {
			return nil, err
		}
		if s.WorkingDir != app {
			command = plan.Rooted(command, s.WorkingDir)
		}
		all = append(all, libcnb.Process{Type: plan.Slug(s.Name), Command: command, WorkingDirectory: s.WorkingDir})
	}
	return all, nil
}

// alone returns the sidecars that have a process type of their own: all but those whose name an earlier buildpack has taken.
func alone(plans []plan.Plan, earlier []process.Process) []plan.Process {
	return slices.DeleteFunc(sidecars(plans), func(s plan.Process) bool {
		_, taken := find(earlier, plan.Slug(s.Name))
		return taken
	})
}

// scripts returns what bash has to run for those process types that have a plan and need it.
func scripts(plans []plan.Plan, earlier []process.Process, app, supervisor string) map[string]string {
	scripts := map[string]string{}
	for _, p := range plans {
		if before, _ := find(earlier, p.Type); before.Shell {
			scripts[p.Type] = before.Script(app, supervisor)
		}
	}
	return scripts
}

// sidecars returns each sidecar of the plans once.
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
