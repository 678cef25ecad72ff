// Command supervisor runs an app and its sidecars in one container, as a plan says.
package main

import (
	"os"
	"runtime"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/cli"
)

// The main goroutine keeps the main thread: children die with the thread that started them (prctl(2), PR_SET_PDEATHSIG).
func init() { runtime.LockOSThread() }

func main() {
	deepen(os.Args == nil)
	os.Exit(cli.Main(os.Args[1:]))
}

// deepen has the stack made as large at once as it will be needed. Each of the steps in which it would grow costs 30 KB and 20 µs.
//
//go:noinline
func deepen(use bool) byte {
	if !use {
		return 0
	}
	var room [12 << 10]byte
	for i := range room {
		room[i] = byte(i)
	}
	return room[len(os.Args)]
}
