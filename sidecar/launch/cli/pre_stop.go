package cli

import (
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/supervise"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// preStop reads [--ignore-failure] [--delay SECONDS] [--timeout SECONDS] [-- COMMAND [ARGUMENT...]] and does what is to be done before a
// container stops in which no supervisor runs. A hook that fails is an event for Kubernetes. For Docker Compose it is a reason not to stop
// the container, so there it is only told.
func preStop(name string, args []string) (int, error) {
	flags := newFlags(name)
	delay, timeout := flags.number("delay", 0), flags.number("timeout", 1)
	ignored := flags.boolean("ignore-failure")
	args, command := cutCommand(args)
	if _, err := parse(flags, args, 0); err != nil {
		return 0, err
	}
	err := supervise.PreStop(plan.Seconds(*delay), plan.Seconds(*timeout), command)
	if err != nil && *ignored {
		failed(name, err) // is said all the same
		return 0, nil
	}
	return 0, err
}
