package cli

import (
	"cmp"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/resolve"
	"github.com/sidecar-buildpack/sidecar/sidecar/export"
	"github.com/sidecar-buildpack/sidecar/sidecar/export/cloudfoundry"
)

func cloudFoundryCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "cloudfoundry",
		Short: "Write a Cloud Foundry manifest.yml",
		Long: `Write a manifest.yml whose sidecars Cloud Foundry runs itself, from a
declaration or from an image alone. A sidecar's directory and variables go into
its command; what Cloud Foundry has nothing for is named.`,
		Example: `  sidecar export cloudfoundry --file sidecar.toml --memory 1G >manifest.yml
  sidecar export cloudfoundry --image registry/team/shop:1`,
		Args: cobra.NoArgs,
	}
	shared := addExportFlags(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		source, err := shared.source(c)
		if err != nil {
			return err
		}
		if len(source.declaration.Sidecars) == 0 {
			return failure{noSidecars(cmp.Or(*shared.image, *shared.file))}
		}
		name := cmp.Or(*shared.name, nameOf(*shared.image))
		if *shared.image == "" && *shared.name == "" {
			name = nameOf(filepath.Base(absolute(filepath.Dir(*shared.file))))
		}
		from := cloudfoundry.App{Name: name, Type: source.processType, Declaration: source.declaration}
		if source.image != nil {
			from.Command = source.image.AppCommand(source.processType)
			from.WorkingDir = source.image.Process(source.processType).WorkingDir
		}
		if from.Memory, err = shared.total(resolve.Plan(source.declaration, source.processType, export.Workspace)); err != nil {
			return err
		}
		text, losses, err := cloudfoundry.YAML(from)
		if err == nil {
			_, err = c.OutOrStdout().Write(text)
		}
		if err != nil {
			return failure{err}
		}
		return shared.finish(c, nil, losses)
	}
	return c
}
