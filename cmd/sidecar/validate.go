package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sidecar-buildpack/sidecar/sidecar/resolve"
)

// validateCommand says whether a declaration is right, and all that is wrong with it.
func validateCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "validate",
		Short: "Check a declaration and say all that is wrong with it",
		Long: `Check a declaration and say all that is wrong with it, one line for each error.
Exits with 0 if nothing is, and with 1 otherwise.`,
		Example: `  sidecar validate
  sidecar validate --file manifest.yml`,
		Args: cobra.NoArgs,
	}
	file := fileFlag(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		source, _, err := load(c, *file)
		if err != nil {
			return err
		}
		if len(source.Sidecars) == 0 {
			return failure{noSidecars(*file)}
		}
		count := "1 sidecar"
		if n := len(source.Sidecars); n > 1 {
			count = fmt.Sprintf("%d sidecars", n)
		}
		fmt.Fprintf(c.OutOrStdout(), "%s: %s for %s: ok\n", *file, count, strings.Join(resolve.Types(source.Declaration), ", "))
		return nil
	}
	return c
}
