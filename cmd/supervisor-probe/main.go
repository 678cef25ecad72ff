// Command supervisor-probe makes one health check that the supervisor leaves to a process of its own.
package main

import (
	"os"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/helper"
)

func main() { os.Exit(helper.Main(os.Args[1:])) }
