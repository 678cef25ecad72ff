package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sidecar-buildpack/sidecar/sidecar/memory"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
	"github.com/sidecar-buildpack/sidecar/sidecar/resolve"
)

// planCommand writes what a build would write for the supervisor.
func planCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "plan",
		Short: "Write the plan that a build would put into the image",
		Long: `Write the plan that a build would put into the image: for each process type
its sidecars in the order they start in, with every default filled in.
The directory of the declaration is taken for the app's.`,
		Example: `  sidecar plan
  sidecar plan --file sidecar.toml --type web --output plan.toml
  sidecar plan --memory 1G     show the order and who has what of 1G instead`,
		Args: cobra.NoArgs,
	}
	file := fileFlag(c)
	processType := c.Flags().StringP("type", "t", "", "one process type alone, such as web (default: all that have sidecars)")
	output := c.Flags().StringP("output", "o", "-", "the file to write; - is standard output")
	total := c.Flags().StringP("memory", "m", "", "show people the order, and the division of a container with so much memory, such as 1G")
	c.RunE = func(c *cobra.Command, _ []string) error {
		plans, err := resolved(c, *file, *processType)
		if err != nil {
			return err
		}
		if *total != "" {
			return showAll(c, plans, *total)
		}
		if *output == "-" {
			err = plan.Encode(c.OutOrStdout(), plans...)
		} else {
			err = plan.Write(*output, plans...)
		}
		if err != nil {
			return failure{err}
		}
		return nil
	}
	return c
}

func showAll(c *cobra.Command, plans []plan.Plan, total string) error {
	size, err := memory.ParseSize(total)
	if err != nil {
		return fmt.Errorf("--memory: %w", err)
	}
	for _, p := range plans {
		if err := show(c.OutOrStdout(), p, size, memory.UTF8(os.Getenv)); err != nil {
			return failure{err}
		}
	}
	return nil
}

// resolved gives the plan of one process type, or all where it is empty.
func resolved(c *cobra.Command, file, processType string) ([]plan.Plan, error) {
	source, appDir, err := load(c, file)
	if err != nil {
		return nil, err
	}
	types := resolve.Types(source.Declaration)
	switch {
	case len(types) == 0 && processType == "":
		return nil, failure{noSidecars(file)}
	case len(types) > 0 && processType != "" && !slices.Contains(types, processType):
		there := strings.Join(types, ", ")
		return nil, failure{fmt.Errorf("%s has no sidecars for process type %q: it has some for %s", file, processType, there)}
	case processType != "": // a declaration may speak of the app alone
		types = []string{processType}
	}
	var plans []plan.Plan
	for _, t := range types {
		plans = append(plans, resolve.Plan(source.Declaration, t, appDir))
	}
	return plans, nil
}
