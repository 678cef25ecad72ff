// Child is a puppet: a process that does what a test tells it over a socket, and tells the test what happens to it.
package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

const usage = `Usage:
  child ADDRESS NAME                                       be a puppet: come to the socket and do as told
  child enter [--pid1] [--root DIR] [--user ID] [--most N] -- ARGV    become ARGV in a container of the simplest kind
  child unlocked -- ARGV                                   become ARGV on a kernel that seems to have no Landlock
  child burdened -- ARGV                                   become ARGV with all signals blocked and a child that has ended
  child eat                                                take all the memory that there is
  child exit STATUS                                        end at once
  child say TEXT                                           tell $NOTIFY_SOCKET, and end
  child daemon ADDRESS NAME                                start a puppet in a session of its own, and end
  child ready                                              say READY=1 to $NOTIFY_SOCKET, and wait
  child wait                                               wait
  child fenced STATUS                                      end with STATUS if this is in a sandbox
  child attack DIR PORT                                    try what a sidecar may not do, and say how it went
  child storm FORKERS                                      leave orphans behind as fast as so many processes can
  child fork GENERATIONS                                   start a child that does the same, and end; descriptor 3 is handed down
`

func main() {
	if err := command(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "child: %v\n%s", err, usage)
		os.Exit(2)
	}
}

func command(args []string) error {
	_ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
	switch {
	case len(args) > 1 && args[0] == "enter":
		return enter(args[1:])
	case len(args) > 2 && args[0] == "unlocked":
		return unlocked(args[2:])
	case len(args) > 2 && args[0] == "burdened":
		return burdened(args[2:])
	case len(args) == 1 && args[0] == "eat":
		eat()
	case len(args) == 2 && args[0] == "exit":
		status, err := strconv.Atoi(args[1])
		if err == nil {
			os.Exit(status)
		}
		return err
	case len(args) == 2 && args[0] == "say":
		_, err := notify(args[1:])
		return err
	case len(args) == 3 && args[0] == "daemon":
		return daemon(args[1], args[2])
	case len(args) == 1 && args[0] == "ready":
		return ready()
	case len(args) == 1 && args[0] == "wait":
		return wait()
	case len(args) == 2 && args[0] == "fenced":
		return fenced(args[1])
	case len(args) == 3 && args[0] == "attack":
		return attack(args[1], args[2])
	case len(args) == 2 && args[0] == "storm":
		forkers, err := strconv.Atoi(args[1])
		if err == nil {
			storm(forkers)
		}
		return err
	case len(args) == 2 && args[0] == "fork":
		generations, err := strconv.Atoi(args[1])
		if err == nil && generations > 0 {
			err = fork(generations-1, os.NewFile(3, "handed down"))
		}
		return err
	case len(args) == 2:
		return perform(args[0], args[1])
	}
	return fmt.Errorf("can't make sense of %q", args)
}

// eat takes memory, and keeps it, until the kernel ends this process.
func eat() {
	for kept := [][]byte{}; ; {
		kept = append(kept, bytes.Repeat([]byte{1}, 1<<20))
	}
}
