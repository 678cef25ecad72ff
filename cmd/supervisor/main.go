// Supervisor runs an app and its sidecars in one container, as a plan says.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
	"github.com/sidecar-buildpack/sidecar/sidecar/supervise"
)

const usage = `Usage:
  supervisor run TYPE [--plan FILE] -- COMMAND [ARGUMENT...]   run COMMAND as TYPE's app, its sidecars beside it
  supervisor ps [--json] [--pid N]                             what runs: state, health, restarts, memory, uptime
  supervisor restart NAME [--pid N]                            stop a sidecar and start it again
  supervisor probe NAME [--pid N]                              carry out a process's probes now; exits 0 when all pass

FILE is plan.toml in the folder above the supervisor's own. --pid chooses among several supervisors.
`

// misuse is the exit status for arguments that make no sense.
const misuse = 2

func init() { runtime.LockOSThread() } // the main goroutine keeps the main thread; see supervise.Run

func main() { os.Exit(command(os.Args[1:])) }

func command(args []string) int {
	verb := ""
	if len(args) > 0 {
		verb, args = args[0], args[1:]
	}
	switch verb {
	case "run":
		return run(args)
	case "ps", "restart", "probe":
		return failed(ask(verb, args))
	case "help", "--help", "-h":
		fmt.Print(usage)
		return 0
	case "":
		return failed(misused("what is to be done?"))
	}
	return failed(misused("there is no " + quoted(verb)))
}

// misused is an error in the arguments.
type misused string

func (m misused) Error() string { return string(m) }

func quoted(s string) string { return fmt.Sprintf("%q", s) }

// failed tells an error and is the exit status for it.
func failed(err error) int {
	var m misused
	switch {
	case err == nil:
		return 0
	case errors.As(err, &m):
		fmt.Fprintf(os.Stderr, "supervisor: %v\n\n%s", err, usage)
		return misuse
	}
	fmt.Fprintf(os.Stderr, "supervisor: %v\n", err)
	return 1
}

func run(args []string) int {
	kind, file, argv, err := runArguments(args)
	if err != nil {
		return failed(err)
	}
	signals := supervise.Hear()
	own, err := os.Executable() // not known where /proc is not mounted
	if err != nil && file == "" {
		return failed(fmt.Errorf("where plan.toml lies can't be found out: %w: name it with --plan", err))
	}
	if file == "" {
		file = filepath.Join(filepath.Dir(own), "..", "plan.toml")
	}
	p, err := plan.Read(file, kind)
	if err != nil {
		return failed(err)
	}
	settings, p, err := read(p, os.Getenv)
	if err != nil {
		return failed(err)
	}
	l, err := launch(p, argv, settings)
	if err != nil {
		return failed(err)
	}
	l.Signals, l.Helper = signals, filepath.Join(filepath.Dir(own), "supervisor-probe")
	return supervise.Run(p, l)
}

// runArguments reads TYPE [--plan FILE] -- COMMAND [ARGUMENT...].
func runArguments(args []string) (kind, file string, argv []string, err error) {
	for i := 0; i < len(args); i++ {
		switch value, isPlan := strings.CutPrefix(args[i], "--plan="); {
		case args[i] == "--":
			argv = args[i+1:]
			if kind == "" || len(argv) == 0 {
				return "", "", nil, misused("run needs a TYPE and, behind --, a COMMAND")
			}
			return kind, file, argv, nil
		case isPlan:
			file = value
		case args[i] == "--plan" && i+1 < len(args):
			i++
			file = args[i]
		case kind == "" && !strings.HasPrefix(args[i], "-"):
			kind = args[i]
		default:
			return "", "", nil, misused("run doesn't know " + quoted(args[i]))
		}
	}
	return "", "", nil, misused("run needs -- and a COMMAND behind it")
}
