// Command sidecar checks what an app declares about its sidecars, and shows what becomes of it, without building an image.
package main

import (
	"os"

	"github.com/sidecar-buildpack/sidecar/sidecar/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr)) }
