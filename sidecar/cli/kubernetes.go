package cli

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sidecar-buildpack/sidecar/sidecar/export/kubernetes"
)

// The forms of what is written for Kubernetes.
const (
	formatYAML      = "yaml"
	formatKustomize = "kustomize"
)

func kubernetesCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "kubernetes",
		Short: "Write a Kubernetes workload",
		Long: `Write a Kubernetes workload. With --shape auto, essential sidecars stay in the
app's container with the supervisor, which is the only form that keeps one fate,
grace, order, exit code and cause; the others become native sidecars.`,
		Example: `  sidecar export kubernetes --image registry/team/shop:1 --memory 1G | kubectl apply -f -
  sidecar export kubernetes --file sidecar.toml --image shop:1 --shape split --kind Job
  sidecar export kubernetes --image shop:1 --output kustomize --directory base && kubectl apply -k base`,
		Args: cobra.NoArgs,
	}
	shared := addExportFlags(c)
	port := portFlag(c)
	o := addKubernetesFlags(c)
	version := c.Flags().String("kubernetes", kubernetes.Newest.String(), "the cluster's version")
	format := c.Flags().StringP("output", "o", formatYAML, "yaml on standard output, or kustomize: a base in --directory")
	dir := c.Flags().String("directory", "base", "where the base for Kustomize is written")
	complete(c, "output", formatYAML, formatKustomize)
	complete(c, "kubernetes", versions()...)
	c.RunE = func(c *cobra.Command, _ []string) error {
		app, err := shared.app(c)
		if err != nil {
			return err
		}
		if o.Version, err = kubernetes.ParseVersion(*version); err != nil {
			return fmt.Errorf("--kubernetes: %w", err)
		}
		if !slices.Contains([]string{formatYAML, formatKustomize}, *format) {
			return fmt.Errorf("--output: %q is unknown: write %s or %s", *format, formatYAML, formatKustomize)
		}
		o.Port = *port
		result, err := kubernetes.Export(app, *o)
		if err != nil {
			return err
		}
		if err := writeResult(c, result, *format, *dir); err != nil {
			return failure{err}
		}
		return shared.finish(c, result.Needs, result.Losses)
	}
	return c
}

// versions returns the versions that can be exported to.
func versions() (all []string) {
	for v := kubernetes.Oldest; v <= kubernetes.Newest; v++ {
		all = append(all, v.String())
	}
	return all
}

func addKubernetesFlags(c *cobra.Command) *kubernetes.Options {
	o := &kubernetes.Options{}
	c.Flags().StringVar(&o.Kind, "kind", "Deployment", "one of "+strings.Join(kubernetes.Kinds, ", "))
	c.Flags().StringVar(&o.Shape, "shape", kubernetes.ShapeAuto, "auto, one (container) or split (a container for each process)")
	c.Flags().StringVar(&o.Fate, "fate", kubernetes.FateToken,
		"how the app follows an essential sidecar of its own container: token or restart-all")
	c.Flags().StringVar(&o.Schedule, "schedule", "", "of a CronJob, such as \"0 3 * * *\"")
	c.Flags().StringSliceVar(&o.Shared, "shared-path", nil, "a directory that all containers see; may be repeated")
	c.Flags().IntVar(&o.Deadline, "deadline-seconds", 0, "how long a Job may take")
	c.Flags().BoolVar(&o.PullNever, "pull-never", false, "the image is on the node: it is not pulled")
	c.Flags().BoolVar(&o.WritableRoot, "writable-root", false, "leave root file systems writable, for programs that write beside themselves")
	complete(c, "kind", kubernetes.Kinds...)
	complete(c, "shape", kubernetes.ShapeAuto, kubernetes.ShapeOne, kubernetes.ShapeSplit)
	complete(c, "fate", kubernetes.FateToken, kubernetes.FateRestartAll)
	return o
}

func writeResult(c *cobra.Command, result kubernetes.Result, format, dir string) error {
	if format == formatYAML {
		text, err := result.YAML()
		if err == nil {
			_, err = c.OutOrStdout().Write(text)
		}
		return err
	}
	files, err := result.Base()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := os.WriteFile(filepath.Join(dir, name), files[name], 0o644); err != nil {
			return err
		}
	}
	return nil
}
