package cli

import (
	"github.com/spf13/cobra"

	"github.com/sidecar-buildpack/sidecar/sidecar/schema"
)

func schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Write the JSON Schema of a sidecar.toml",
		Long: `Write the JSON Schema of a sidecar.toml. An editor that knows JSON Schema for
TOML completes and checks a file whose first line names it:
#:schema ./sidecar.schema.json`,
		Example: "  sidecar schema >sidecar.schema.json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			text, err := schema.JSON()
			if err == nil {
				_, err = c.OutOrStdout().Write(text)
			}
			if err != nil {
				return failure{err}
			}
			return nil
		},
	}
}
