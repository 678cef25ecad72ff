package cli

import (
	"os"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/supervise"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// preStop reads [--delay SECONDS] [--timeout SECONDS] [-- COMMAND [ARGUMENT...]] and does what is to be done before a container stops in
// which no supervisor runs. What fails is only told: Docker Compose would not stop the container then.
func preStop(name string, args []string) (int, error) {
	flags := newFlags(name)
	delay, timeout := flags.number("delay", 0), flags.number("timeout", 1)
	args, command := cutCommand(args)
	if _, err := parse(flags, args, 0); err != nil {
		return 0, err
	}
	if err := supervise.PreStop(plan.Seconds(*delay), plan.Seconds(*timeout), command); err != nil {
		os.Stderr.WriteString("supervisor: " + err.Error() + "\n")
	}
	return 0, nil
}
