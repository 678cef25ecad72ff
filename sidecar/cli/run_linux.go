package cli

import (
	"os"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/logs"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// supervise becomes the supervisor of p, with names in colours where they go to a terminal.
func supervise(p plan.Plan, file string, command []string) (int, error) {
	paint := painter(p)
	logs.Prefix = func(name, stream string) string {
		if to := map[string]*os.File{"stdout": os.Stdout, "stderr": os.Stderr}[stream]; coloured(to) {
			return paint(name) + " | "
		}
		return name + " | "
	}
	return launch.Run(p.Type, file, command)
}

// painter returns a function that gives each process's name a colour of its own, as far as there are as many, and the supervisor's own
// none of these.
func painter(p plan.Plan) func(name string) string {
	colours := map[string]string{}
	for i, s := range p.Sidecars {
		colours[s.Name] = []string{"36", "32", "33", "35", "34", "96", "92", "93", "95", "94"}[i%10]
	}
	return func(name string) string {
		if colours[name] == "" {
			return "\x1b[1m" + name + "\x1b[0m"
		}
		return "\x1b[" + colours[name] + "m" + name + "\x1b[0m"
	}
}
