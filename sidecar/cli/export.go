package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/resolve"
	"github.com/sidecar-buildpack/sidecar/sidecar/export"
	"github.com/sidecar-buildpack/sidecar/sidecar/export/compose"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// exportFlags are those that all targets have.
type exportFlags struct {
	file, image, name, processType, memory *string
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
		warnings:    &[]string{},
		strict:      c.Flags().Bool("strict", false, "exit with 1 where anything is lost"),
		json:        c.Flags().Bool("json", false, "write what is needed and what is lost to stderr as JSON"),
	}
}

// portFlag is for the targets that say which port the app has; Cloud Foundry gives it one.
func portFlag(c *cobra.Command) *int {
	return c.Flags().Int("port", 0, "the port that the app listens on")
}

// app reads what is to be exported: the declaration of a file, or that of an image alone.
func (f exportFlags) app(c *cobra.Command) (export.App, error) {
	if *f.image == "" {
		return export.App{}, errors.New("name the app's image with --image")
	}
	from, err := f.source(c)
	if err != nil {
		return export.App{}, err
	}
	app := export.App{
		Image: *f.image,
		Name:  cmp.Or(*f.name, nameOf(*f.image)),
		Plan:  resolve.Plan(from.declaration, from.processType, export.Workspace),
	}
	if len(app.Plan.Sidecars) == 0 {
		return app, failure{fmt.Errorf("process type %q has no sidecars: there is nothing to export; it has some for %s",
			from.processType, strings.Join(resolve.Types(from.declaration), ", "))}
	}
	if app.Memory, err = f.total(app.Plan); err != nil {
		return app, err
	}
	app.Untyped = from.untyped(app.Plan.Sidecars)
	return app, nil
}

// total returns the memory that the app and its sidecars have together; 0 where it is not said. It is an error where the sidecars leave
// nothing of it.
func (f exportFlags) total(p plan.Plan) (plan.Size, error) {
	if *f.memory == "" {
		return 0, nil
	}
	size, err := plan.ParseSize(*f.memory)
	if err != nil {
		return 0, fmt.Errorf("--memory: %w", err)
	}
	if _, err := divide(p, size); err != nil {
		return 0, failure{err}
	}
	return size, nil
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
	port := portFlag(c)
	pause := c.Flags().String("pause-image", "registry.k8s.io/pause:3.10", "the image of the service that owns the network")
	c.RunE = func(c *cobra.Command, _ []string) error {
		app, err := shared.app(c)
		if err != nil {
			return err
		}
		text, needs, losses, err := compose.YAML(app, compose.Options{PauseImage: *pause, Port: *port})
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
