// Package cli is what runs on a laptop: it checks what an app declares about its sidecars, and shows what becomes of it, without building
// an image.
package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// Main runs the command that args name and returns the exit code: 1 for a declaration that is wrong, 2 for a command line
// that is, and of run what the app or a sidecar ended with.
func Main(args []string, stdout, stderr io.Writer) int {
	root := Command()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	command, err := root.ExecuteC()
	var failed failure
	var code exitCode
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	case errors.As(err, &failed):
		fmt.Fprintln(stderr, err)
		return 1
	default:
		fmt.Fprintf(stderr, "%v\nsee %s --help\n", err, command.CommandPath())
		return 2
	}
}

// Command returns the whole command with all in it, of which a release makes manual pages.
func Command() *cobra.Command {
	root := &cobra.Command{
		Use:           "sidecar",
		Short:         "Check an app's sidecars and see what becomes of them",
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       ownVersion(),
	}
	root.SetVersionTemplate(versionLine)
	root.AddCommand(explainCommand(), exportCommand(), initCommand(), planCommand(), runCommand(), schemaCommand(), validateCommand(),
		versionCommand())
	return root
}

// exitCode is what an app or a sidecar ended with that was run.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// failure is an error that a better command line would not have avoided.
type failure struct{ error }
