package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/binary"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/layer"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/resolve"
)

// validateCommand says whether a declaration is right, and all that is wrong with it.
func validateCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "validate [FILE|DIRECTORY|-]",
		Short: "Check a declaration and say all that is wrong with it",
		Long: `Check what an app declares, as a build would, and say all that is wrong with
it, one line for each error. Without an argument it is what a build finds in
the working directory. The files that commands name are looked into as well: a
script that can't start, a program for another machine. A file that isn't there
is a warning, since an earlier buildpack may make it.
Exits with 0 if nothing is wrong, and with 1 otherwise.`,
		Example: `  sidecar validate
  sidecar validate ../shop
  sidecar validate manifest.yml
  sidecar validate - <sidecar.toml`,
		Args: cobra.MaximumNArgs(1),
	}
	file := fileFlag(c)
	arch := c.Flags().String("arch", runtime.GOARCH, "the image's architecture, amd64 or arm64")
	complete(c, "arch", "amd64", "arm64")
	asJSON := c.Flags().Bool("json", false, "write what is right and wrong as JSON")
	c.RunE = func(c *cobra.Command, args []string) error {
		path := *file
		if len(args) > 0 {
			path = args[0]
		}
		v, err := judge(c, path, *arch)
		if *asJSON {
			return v.writeJSON(c.OutOrStdout(), err)
		}
		for _, warning := range v.Warnings {
			fmt.Fprintln(c.ErrOrStderr(), "warning:", warning)
		}
		if err != nil {
			return err
		}
		count := "1 sidecar"
		if v.Sidecars > 1 {
			count = fmt.Sprintf("%d sidecars", v.Sidecars)
		}
		types := strings.ReplaceAll(strings.Join(v.ProcessTypes, ", "), declare.EveryType, "every process type")
		fmt.Fprintf(c.OutOrStdout(), "%s: %s for %s: ok\n", v.Declaration, count, types)
		return nil
	}
	return c
}

// verdict is what is said of a declaration.
type verdict struct {
	Declaration  string   `json:"declaration"`
	OK           bool     `json:"ok"`
	Sidecars     int      `json:"sidecars"`
	ProcessTypes []string `json:"processTypes"`
	Warnings     []string `json:"warnings"`
	Errors       []string `json:"errors"`
}

// judge checks a declaration. What is wrong is a failure that joins all errors.
func judge(c *cobra.Command, path, arch string) (verdict, error) {
	source, dir, err := loadQuietly(c, path)
	v := verdict{Declaration: cmp.Or(source.Origin, path), Warnings: source.Warnings, Sidecars: len(source.Sidecars)}
	if err != nil {
		return v, err
	}
	if len(source.Sidecars) == 0 {
		return v, failure{noSidecars(source.Origin)}
	}
	d, _, err := resolve.For(source.Declaration, resolve.Assumed(source.Declaration))
	if err != nil {
		return v, failure{err}
	}
	v.ProcessTypes = resolve.Types(d)
	if slices.Contains(resolve.Types(source.Declaration), declare.EveryType) {
		v.ProcessTypes = []string{declare.EveryType}
	}
	if path != standardInput {
		warnings, err := lookAtFiles(dir, arch, d.Sidecars)
		v.Warnings = append(v.Warnings, warnings...)
		if err != nil {
			return v, failure{err}
		}
	}
	v.OK = true
	return v, nil
}

// writeJSON writes a verdict with what err says. That makes the exit code 1 and is not said again.
func (v verdict) writeJSON(w io.Writer, err error) error {
	if err != nil {
		v.Errors = strings.Split(err.Error(), "\n") // one line for each
	}
	v.ProcessTypes = append([]string{}, v.ProcessTypes...) // [] and not null, as the others
	v.Warnings, v.Errors = append([]string{}, v.Warnings...), append([]string{}, v.Errors...)
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if writeErr := encoder.Encode(v); writeErr != nil {
		return failure{writeErr}
	}
	if err != nil {
		return exitCode(1)
	}
	return nil
}

// lookAtFiles checks the files that sidecars name in the app's directory, for an image of which nothing but its architecture is known.
func lookAtFiles(dir, arch string, sidecars []declare.Sidecar) (warnings []string, err error) {
	_, warnings, err = layer.NewSlices(dir, "", binary.Target{OS: "linux", Arch: arch}, sidecars)
	var wrong []error
	for _, err := range unjoin(err) {
		var missing layer.MissingError
		if errors.As(err, &missing) {
			warnings = append(warnings, fmt.Sprintf("%s isn't in %s: an earlier buildpack would have to make it", missing.What, dir))
			continue
		}
		wrong = append(wrong, err)
	}
	return warnings, errors.Join(wrong...)
}

// unjoin returns the errors that err joins.
func unjoin(err error) []error {
	var joined interface{ Unwrap() []error }
	switch {
	case err == nil:
		return nil
	case errors.As(err, &joined):
		return joined.Unwrap()
	}
	return []error{err}
}
