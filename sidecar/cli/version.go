package cli

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sidecar-buildpack/sidecar/sidecar/version"
)

// versionLine is cobra's template for what version and --version write.
const versionLine = "sidecar {{.Version}}\n"

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Show the version",
		Args:  cobra.NoArgs,
		Run:   func(c *cobra.Command, _ []string) { fmt.Fprintln(c.OutOrStdout(), "sidecar", c.Root().Version) },
	}
}

// ownVersion returns the version stamped at packaging, or that of the module where "go install" built the program.
func ownVersion() string {
	info, ok := debug.ReadBuildInfo()
	if version.Version != "development" || !ok || !strings.HasPrefix(info.Main.Version, "v") {
		return version.Version
	}
	return strings.TrimPrefix(info.Main.Version, "v")
}
