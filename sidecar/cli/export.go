package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/resolve"
	"github.com/sidecar-buildpack/sidecar/sidecar/export"
	"github.com/sidecar-buildpack/sidecar/sidecar/export/compose"
	"github.com/sidecar-buildpack/sidecar/sidecar/image"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// exportFlags are those that all targets have.
type exportFlags struct {
	file, image, name, processType, memory *string
	port                                   *int
	strict, json                           *bool
	warnings                               *[]string // of the declaration, to be said in JSON too
}

func exportCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "export",
		Short: "Run an app and its sidecars elsewhere than in one container",
		Long: `Write what another platform needs to run an app and its sidecars. What that
platform does otherwise, or not at all, is said on stderr and in comments:
each loss names the process and the key of the declaration.`,
	}
	c.AddCommand(kubernetesCommand(), composeCommand(), cloudFoundryCommand())
	return c
}

func addExportFlags(c *cobra.Command) exportFlags {
	return exportFlags{
		file:        fileFlag(c),
		image:       c.Flags().StringP("image", "i", "", "the app's image; without --file its label says what is declared"),
		name:        c.Flags().String("name", "", "what the objects are called (default: the image's name)"),
		processType: c.Flags().StringP("type", "t", "", "the process type (default: the image's own, else web)"),
		memory:      c.Flags().StringP("memory", "m", "", "memory of the app and its sidecars together, such as 1G"),
		port:        c.Flags().Int("port", 0, "the port that the app listens on"),
		warnings:    &[]string{},
		strict:      c.Flags().Bool("strict", false, "exit with 1 where anything is lost"),
		json:        c.Flags().Bool("json", false, "write what is needed and what is lost to stderr as JSON"),
	}
}

// app reads what is to be exported: the declaration of a file, or that of an image alone.
func (f exportFlags) app(c *cobra.Command) (export.App, error) {
	if *f.image == "" {
		return export.App{}, errors.New("name the app's image with --image")
	}
	app := export.App{Image: *f.image, Name: cmp.Or(*f.name, nameOf(*f.image))}
	declaration, err := f.declaration(c, &app)
	if err != nil {
		return app, err
	}
	if *f.memory != "" {
		size, err := plan.ParseSize(*f.memory)
		if err != nil {
			return app, fmt.Errorf("--memory: %w", err)
		}
		app.Memory = size
	}
	processType := app.Plan.Type
	app.Plan = resolve.Plan(declaration, processType, export.Workspace)
	if len(app.Plan.Sidecars) == 0 {
		return app, failure{fmt.Errorf("process type %q has no sidecars: there is nothing to export; it has some for %s",
			processType, strings.Join(resolve.Types(declaration), ", "))}
	}
	return app, nil
}

// declaration reads what is declared, in a file or in the image, and sets the app's process type and what the image knows of it.
func (f exportFlags) declaration(c *cobra.Command, app *export.App) (declare.Declaration, error) {
	app.Plan.Type = cmp.Or(*f.processType, "web")
	if c.Flags().Changed("file") || *f.image == "" {
		read := load
		if *f.json {
			read = loadQuietly
		}
		source, _, err := read(c, *f.file)
		*f.warnings = source.Warnings
		if err != nil {
			return declare.Declaration{}, err
		}
		assumed := resolve.Assumed(source.Declaration)
		app.Taken = assumed.Types
		return resolvedFor(source.Declaration, assumed)
	}
	built, err := image.Read(context.Background(), *f.image)
	if err != nil {
		return declare.Declaration{}, failure{fmt.Errorf("%w: name a declaration with --file", err)}
	}
	app.Plan.Type = cmp.Or(*f.processType, built.Default, app.Plan.Type)
	app.Command = built.AppCommand(app.Plan.Type)
	d, err := resolvedFor(built.Declaration, built.Types())
	app.Taken = taken(built, resolve.Plan(d, app.Plan.Type, export.Workspace).Sidecars)
	return d, err
}

// taken returns the process types of an image that are called like a sidecar, and start something else.
func taken(built image.Image, sidecars []plan.Process) (types []string) {
	for _, s := range sidecars {
		command, _, err := s.Alone()
		if own := built.Process(plan.Slug(s.Name)); err != nil || !slices.Equal(own.Argv, command) || own.WorkingDir != s.WorkingDir {
			types = append(types, plan.Slug(s.Name))
		}
	}
	return types
}

func resolvedFor(d declare.Declaration, types resolve.Image) (declare.Declaration, error) {
	d, _, err := resolve.For(d, types)
	if err != nil {
		return d, failure{err}
	}
	return d, nil
}

// nameOf makes an object's name of an image's reference: "registry/team/Shop:1" is "shop".
func nameOf(reference string) string {
	base, _, _ := strings.Cut(filepath.Base(reference), "@")
	base, _, _ = strings.Cut(base, ":")
	return strings.Trim(strings.ReplaceAll(strings.ToLower(base), "_", "-"), "-.")
}

// finish says what is needed and what is lost.
func (f exportFlags) finish(c *cobra.Command, needs export.Needs, losses export.Losses) error {
	if *f.json {
		text, err := json.MarshalIndent(map[string]any{
			"warnings": append([]string{}, *f.warnings...),
			"needs":    append(export.Needs{}, needs...),
			"losses":   append(export.Losses{}, losses...),
		}, "", "  ")
		if err != nil {
			return failure{err}
		}
		fmt.Fprintf(c.ErrOrStderr(), "%s\n", text)
	} else {
		for _, need := range needs {
			fmt.Fprintf(c.ErrOrStderr(), "needs: %s\n", need)
		}
		for _, loss := range losses {
			fmt.Fprintf(c.ErrOrStderr(), "lost: %s\n", loss)
		}
	}
	if *f.strict && len(losses) > 0 {
		return failure{fmt.Errorf("%d losses, and --strict allows none", len(losses))}
	}
	return nil
}

func composeCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "compose",
		Short:   "Write a Compose file",
		Example: "  sidecar export compose --image shop:1 --port 8080 >compose.yaml",
		Args:    cobra.NoArgs,
	}
	shared := addExportFlags(c)
	pause := c.Flags().String("pause-image", "registry.k8s.io/pause:3.10", "the image of the service that owns the network")
	c.RunE = func(c *cobra.Command, _ []string) error {
		app, err := shared.app(c)
		if err != nil {
			return err
		}
		text, needs, losses, err := compose.YAML(app, compose.Options{PauseImage: *pause, Port: *shared.port})
		if err == nil {
			_, err = c.OutOrStdout().Write(text)
		}
		if err != nil {
			return failure{err}
		}
		return shared.finish(c, needs, losses)
	}
	return c
}
