// Command release makes what a release has beside its programs: the image of both architectures, a bill of materials, and
// a statement of where all of it comes from. The same arguments and files give the same bits.
package main

import (
	"errors"
	"fmt"
	"os"
)

const usage = `usage: release image LAYOUT FILE.cnb…                 a directory that holds an image for several architectures
       release sbom VERSION PROGRAM…                  a bill of materials of Go programs, as CycloneDX JSON
       release statement VERSION COMMIT GO FILE…      where files come from, as an in-toto statement`

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) > 2 && args[0] == "image":
		return writeImage(args[1], args[2:])
	case len(args) > 2 && args[0] == "sbom":
		return writeSBOM(os.Stdout, args[1], args[2:])
	case len(args) > 4 && args[0] == "statement":
		return writeStatement(os.Stdout, source{version: args[1], commit: args[2], goVersion: args[3]}, args[4:])
	}
	return errors.New(usage)
}
