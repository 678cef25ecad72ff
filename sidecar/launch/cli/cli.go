// Package cli is the supervisor's command line.
package cli

import (
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/version"
)

// misuse is the exit status for arguments that make no sense.
const misuse = 2

// verb is what the supervisor can be told to do. It returns the exit status.
type verb func(name string, args []string) (int, error)

var verbs = map[string]verb{
	"run": run, "ps": ps, "logs": logs, "events": events, "health": health, "probe": probe,
	"restart": change, "start": change, "stop": change, "drain": drain, "check": check, "pre-stop": preStop,
}

// errVersion is that --version was asked for.
var errVersion = errors.New("version")

// Main carries out the command that args name and returns the exit code. Its caller has locked the main goroutine to the main thread.
func Main(args []string) int {
	if len(args) == 0 {
		return failed("", misused("no command given"))
	}
	do, known := verbs[args[0]]
	switch {
	case known:
		code, err := do(args[0], args[1:])
		if err != nil {
			return failed(args[0], err)
		}
		return code
	case slices.Contains([]string{"help", "--help", "-help", "-h"}, args[0]):
		return failed("", errHelp)
	case slices.Contains([]string{"version", "--version", "-version"}, args[0]):
		return failed("", errVersion)
	}
	return failed("", misused("unknown command "+strconv.Quote(args[0])))
}

// misused is an error in the arguments.
type misused string

func (m misused) Error() string { return string(m) }

// failed prints what ended a verb, and its usage where the arguments are to blame. It returns the exit status.
func failed(verb string, err error) int {
	var m misused
	switch {
	case errors.Is(err, errHelp):
		os.Stdout.WriteString(usageOf(verb))
		return 0
	case errors.Is(err, errVersion):
		os.Stdout.WriteString("supervisor " + version.Version + "\n")
		return 0
	case errors.As(err, &m):
		os.Stderr.WriteString("supervisor: " + err.Error() + "\n\n" + usageOf(verb))
		return misuse
	}
	for line := range strings.SplitSeq(err.Error(), "\n") { // several wrong settings are one error
		os.Stderr.WriteString("supervisor: " + line + "\n")
	}
	return 1
}

// parse reads flags and at most most names, in any order.
func parse(flags *flagSet, args []string, most int) (names []string, err error) {
	showVersion := flags.boolean("version")
	for {
		rest, err := flags.parse(args)
		switch {
		case errors.Is(err, errHelp):
			return nil, err
		case err != nil:
			return nil, misused(flags.verb + ": " + err.Error())
		case *showVersion:
			return nil, errVersion
		case len(rest) == 0:
			return names, nil
		case len(names) == most:
			return nil, misused(flags.verb + ": unknown argument " + strconv.Quote(rest[0]))
		}
		names, args = append(names, rest[0]), rest[1:]
	}
}
