package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func runCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "run [--type web] -- COMMAND [ARGUMENT...]",
		Short: "Run an app and its sidecars on this machine",
		Long: `Run an app and its sidecars on this machine, supervised as in an image: the same
order, the same fate, the same exit code. Names are in colours on a terminal,
unless NO_COLOR is set. Ctrl-C stops all in order. It needs Linux.`,
		Example: "  sidecar run -- ./server --port 8080\n  sidecar run --type worker -- ./worker",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("name the app's command: sidecar run -- COMMAND")
			}
			return nil
		},
	}
	file := fileFlag(c)
	processType := c.Flags().StringP("type", "t", "web", "the process type whose sidecars run beside COMMAND")
	c.RunE = func(c *cobra.Command, args []string) error {
		plans, err := resolved(c, *file, *processType)
		if err != nil {
			return err
		}
		code, err := runPlan(plans[0], args)
		if err != nil {
			return failure{err}
		}
		if code != 0 {
			return exitCode(code)
		}
		return nil
	}
	return c
}

// runPlan writes the plan where the supervisor can read it, and becomes the supervisor.
func runPlan(p plan.Plan, command []string) (code int, err error) {
	dir, err := os.MkdirTemp("", "sidecar-run-")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	file := filepath.Join(dir, "plan.toml")
	if err := plan.Write(file, p); err != nil {
		return 0, fmt.Errorf("%s: %w", file, err)
	}
	return supervise(p, file, command)
}
