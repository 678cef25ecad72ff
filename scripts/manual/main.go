// Command manual writes a manual page for each of sidecar's commands into a directory. Releases have them; no image does.
package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra/doc"

	"github.com/sidecar-buildpack/sidecar/sidecar/cli"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: manual VERSION DIRECTORY")
		os.Exit(2)
	}
	if err := write(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "manual:", err)
		os.Exit(1)
	}
}

// write dates the pages by SOURCE_DATE_EPOCH (reproducible-builds.org), and by today where there is none.
func write(version, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	command := cli.Command()
	command.DisableAutoGenTag = true
	header := doc.GenManHeader{Title: "SIDECAR", Section: "1", Source: "sidecar " + version, Manual: "Sidecar Buildpack"}
	return doc.GenManTree(command, &header, dir)
}
