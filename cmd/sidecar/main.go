// Command sidecar checks what an app declares about its sidecars, and shows what becomes of it, without building an image.
package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/sidecar-buildpack/sidecar/sidecar/declare"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run gives the exit code: 1 for a declaration that is wrong, 2 for a command line that is.
func run(args []string, stdout, stderr io.Writer) int {
	root := &cobra.Command{
		Use:           "sidecar",
		Short:         "Check an app's sidecars and see what becomes of them",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(planCommand(), validateCommand())
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	command, err := root.ExecuteC()
	var failed failure
	switch {
	case err == nil:
		return 0
	case errors.As(err, &failed):
		fmt.Fprintln(stderr, err)
		return 1
	default:
		fmt.Fprintf(stderr, "%v\nsee %s --help\n", err, command.CommandPath())
		return 2
	}
}

// failure is an error that a better command line would not have avoided.
type failure struct{ error }

// fileFlag adds --file, which all commands have.
func fileFlag(c *cobra.Command) *string {
	return c.Flags().StringP("file", "f", declare.File, "the declaration; a file that ends in .yml is a Cloud Foundry manifest")
}

// load reads the declaration in a file, and gives the app's directory, which is the file's.
func load(c *cobra.Command, file string) (declare.Source, string, error) {
	appDir, err := filepath.Abs(filepath.Dir(file))
	if err != nil {
		return declare.Source{}, "", failure{err}
	}
	source, err := declare.Read(file, os.Getenv(declare.ApplicationVariable))
	for _, warning := range source.Warnings {
		fmt.Fprintln(c.ErrOrStderr(), "warning:", warning)
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w: name the declaration with --file", err)
	}
	if err != nil {
		return source, "", failure{err}
	}
	return source, appDir, nil
}

func noSidecars(file string) error { return fmt.Errorf("%s declares no sidecars", file) }
