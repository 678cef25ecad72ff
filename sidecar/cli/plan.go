package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/resolve"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
	"github.com/sidecar-buildpack/sidecar/sidecar/preview"
)

// The forms in which a plan is written.
const (
	formatText    = "text"
	formatTOML    = "toml"
	formatJSON    = "json"
	formatMermaid = "mermaid"
)

// planFlags are those of plan.
type planFlags struct {
	file, processType, output, memory, format *string
	budget                                    *float64
	json                                      *bool
}

// planCommand shows a plan, and writes the one that a build would write for the supervisor.
func planCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "plan",
		Short: "Show who starts when, how long a start and a stop can take, and who has what memory",
		Long: `Show for each process type who waits for whom, how long a start and a stop can
take, and who has how much of the memory. With --output the plan is written that
a build would put into the image: the sidecars in the order they start in, with
the defaults filled in. The directory of the declaration is taken for the app's.`,
		Example: `  sidecar plan --memory 1G
  sidecar plan --type web --format mermaid
  sidecar plan --file sidecar.toml --output plan.toml`,
		Args: cobra.NoArgs,
	}
	f := planFlags{
		file:        fileFlag(c),
		processType: c.Flags().StringP("type", "t", "", "one process type alone, such as web (default: all that have sidecars)"),
		output:      c.Flags().StringP("output", "o", "", "the file to write the plan to, or what --format says; - is standard output"),
		memory:      c.Flags().StringP("memory", "m", "", "of the container, such as 1G, to show its division"),
		format:      c.Flags().String("format", "", "text, toml, json or mermaid (default: text, and toml into --output)"),
		budget:      c.Flags().Float64("stop-budget-seconds", 9, "what a stop may take in all, as BPL_SIDECAR_STOP_BUDGET_SECONDS has it"),
		json:        c.Flags().Bool("json", false, "the same as --format json"),
	}
	complete(c, "format", formatText, formatTOML, formatJSON, formatMermaid)
	c.RunE = func(c *cobra.Command, _ []string) error {
		plans, err := resolved(c, *f.file, *f.processType)
		if err != nil {
			return err
		}
		return f.write(c, plans)
	}
	return c
}

// write writes what was asked for, and where.
func (f planFlags) write(c *cobra.Command, plans []plan.Plan) error {
	if *f.json {
		*f.format = formatJSON
	}
	if *f.budget <= 0 || *f.budget > 86400 {
		return fmt.Errorf("--stop-budget-seconds: %v: write more than 0 and at most 86400", *f.budget)
	}
	total, err := f.total()
	if err != nil {
		return err
	}
	isPlan := *f.format == formatTOML || *f.format == "" && *f.output != ""
	if isPlan && *f.output != "" && *f.output != "-" {
		if err := plan.Write(*f.output, plans...); err != nil {
			return failure{err}
		}
		if *f.memory == "" {
			return nil
		}
		isPlan, *f.output = false, "" // it is shown as well
	}
	var text bytes.Buffer
	if isPlan {
		err = plan.Encode(&text, plans...)
	} else {
		err = f.show(c, &text, plans, total)
	}
	if writeErr := f.put(c, text.Bytes()); writeErr != nil {
		return failure{errors.Join(writeErr, err)}
	}
	return err
}

func (f planFlags) total() (plan.Size, error) {
	if *f.memory == "" {
		return 0, nil
	}
	size, err := plan.ParseSize(*f.memory)
	if err != nil {
		return 0, fmt.Errorf("--memory: %w", err)
	}
	return size, nil
}

// put writes to the file that was named, or to standard output.
func (f planFlags) put(c *cobra.Command, text []byte) error {
	if *f.output == "" || *f.output == "-" {
		_, err := c.OutOrStdout().Write(text)
		return err
	}
	return os.WriteFile(*f.output, text, 0o644)
}

// show writes plans in a form that is not the plan's file.
func (f planFlags) show(c *cobra.Command, w io.Writer, plans []plan.Plan, total plan.Size) error {
	var failed error
	shares := func(p plan.Plan) []preview.Memory {
		all, err := divide(p, total)
		failed = errors.Join(failed, err)
		return all
	}
	switch *f.format {
	case "", formatText:
		style := styleOf(c.OutOrStdout())
		for i, p := range plans {
			if i > 0 {
				fmt.Fprintln(w)
			}
			preview.Draw(w, p, *f.budget, shares(p), total, style)
		}
	case formatJSON:
		if err := preview.JSON(w, plans, *f.budget, shares); err != nil {
			return failure{err}
		}
	case formatMermaid:
		preview.Mermaid(w, plans)
	default:
		return fmt.Errorf("--format: %q is unknown: write %s, %s, %s or %s", *f.format, formatText, formatTOML, formatJSON, formatMermaid)
	}
	if failed != nil {
		return failure{failed}
	}
	return nil
}

// resolved returns the plan of one process type, or of all where it is empty.
func resolved(c *cobra.Command, file, processType string) ([]plan.Plan, error) {
	source, appDir, err := load(c, file)
	if err != nil {
		return nil, err
	}
	image := resolve.Assumed(source.Declaration)
	if processType != "" && !slices.Contains(image.Types, processType) {
		image.Types = append(image.Types, processType)
	}
	d, _, err := resolve.For(source.Declaration, image)
	if err != nil {
		return nil, failure{err}
	}
	types := resolve.Types(d)
	switch {
	case len(types) == 0 && processType == "":
		return nil, failure{noSidecars(source.Origin)}
	case len(types) > 0 && processType != "" && !slices.Contains(types, processType):
		there := strings.Join(types, ", ")
		return nil, failure{fmt.Errorf("%s has no sidecars for process type %q: it has some for %s", source.Origin, processType, there)}
	case processType != "": // a declaration may speak of the app alone
		types = []string{processType}
	}
	var plans []plan.Plan
	for _, t := range types {
		plans = append(plans, resolve.Plan(d, t, appDir))
	}
	return plans, nil
}
