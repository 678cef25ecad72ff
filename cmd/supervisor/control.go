package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/supervise"
)

// ask has a running supervisor do what verb and args say, and shows what it answers.
func ask(verb string, args []string) error {
	words, pid, err := question(verb, args)
	if err != nil {
		return err
	}
	answer, err := supervise.Ask(pid, words...)
	fmt.Print(answer)
	return err
}

// question reads NAME, --json and --pid N, in any order, as far as the verb knows them.
func question(verb string, args []string) (words []string, pid int, err error) {
	words = []string{verb}
	named := verb != "ps"
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == "--pid" && i+1 < len(args):
			i++
			if pid, err = strconv.Atoi(args[i]); err != nil || pid <= 0 {
				return nil, 0, misused("--pid takes a process ID, not " + quoted(args[i]))
			}
		case !named && args[i] == "--json", named && len(words) == 1 && !strings.HasPrefix(args[i], "-"):
			words = append(words, args[i])
		default:
			return nil, 0, misused(verb + " doesn't know " + quoted(args[i]))
		}
	}
	if named && len(words) == 1 {
		return nil, 0, misused(verb + " needs the NAME of a process")
	}
	return words, pid, nil
}
