// Child is a puppet: a process that does what a test tells it over a socket, and tells the test what happens to it.
package main

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

const usage = `Usage:
  child ADDRESS NAME                                       be a puppet: come to the socket and do as told
  child enter [--pid1] [--root DIR] [--user ID] -- ARGV    become ARGV in a container of the simplest kind
  child exit STATUS                                        end at once
  child daemon ADDRESS NAME                                start a puppet in a session of its own, and end
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
	case len(args) == 2 && args[0] == "exit":
		status, err := strconv.Atoi(args[1])
		if err == nil {
			os.Exit(status)
		}
		return err
	case len(args) == 3 && args[0] == "daemon":
		return daemon(args[1], args[2])
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
