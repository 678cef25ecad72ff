// Command cfhost stages and launches an app as Cloud Foundry does with lifecycle: cnb, for tests: in its directories, without
// /cnb and group.toml, and with start commands that are found again by their joined strings.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/buildpacks/lifecycle/api"
	"github.com/buildpacks/lifecycle/launch"
)

const (
	home      = "/home/vcap"
	layersDir = home + "/layers"
	workspace = home + "/workspace"
)

var platformAPI = api.MustParse("0.14")

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "cfhost:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) > 1 && args[0] == "stage":
		return stage(context.Background(), args[1:])
	case len(args) == 2 && args[0] == "launch":
		return start(args[1])
	}
	return errors.New("usage: cfhost stage BUILDPACK… | launch COMMAND")
}

// commandLine is how the platform knows a process: nothing in it is quoted.
func commandLine(p launch.Process) string {
	return strings.Join(slices.Concat(p.Command.Entries, p.Args), " ")
}
