// Command supervisor runs an app and its sidecars in one container, as a plan says.
package main

import (
	"os"
	"runtime"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/cli"
)

// The main goroutine keeps the main thread: children die with the thread that started them (prctl(2), PR_SET_PDEATHSIG).
func init() { runtime.LockOSThread() }

func main() { os.Exit(cli.Main(os.Args[1:])) }
