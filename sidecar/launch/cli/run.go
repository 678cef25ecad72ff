package cli

import (
	"slices"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch"
)

// run reads TYPE [--plan FILE] -- COMMAND [ARGUMENT...] and becomes the supervisor.
func run(name string, args []string) (int, error) {
	flags := newFlags(name)
	file := flags.text("plan")
	args, command := cutCommand(args)
	names, err := parse(flags, args, 1)
	switch {
	case err != nil:
		return 0, err
	case len(names) == 0 || len(command) == 0:
		return 0, misused("run needs a TYPE and, after --, a COMMAND")
	}
	return launch.Run(names[0], *file, command)
}

// cutCommand returns the arguments before the first --, and the command that stands behind it.
func cutCommand(args []string) (before, command []string) {
	if i := slices.Index(args, "--"); i >= 0 {
		return args[:i], args[i+1:]
	}
	return args, nil
}
