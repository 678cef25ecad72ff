package cli

import (
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/control"
)

// ps shows what runs, once or again and again.
func ps(name string, args []string) (int, error) {
	flags, pid := controlFlags(name)
	asJSON, watch := flags.boolean("json"), flags.boolean("watch")
	if _, err := parse(flags, args, 0); err != nil {
		return 0, err
	}
	switch {
	case *asJSON && *watch:
		return 0, misused("ps: --json and --watch are for different readers: leave one out")
	case *watch:
		return 0, watchStatus(*pid)
	}
	return 0, ask(*pid, given(*asJSON, "--json", name)...)
}

// watchPeriod is how often ps --watch looks.
const watchPeriod = time.Second

// watchStatus shows what runs until there is nobody to ask any more.
func watchStatus(pid processID) error {
	_, err := unix.IoctlGetTermios(1, unix.TCGETS)
	isTerminal := err == nil
	for {
		if isTerminal {
			os.Stdout.WriteString("\x1b[H\x1b[2J") // to the first line, and clear all
		}
		if err := ask(pid, "ps"); err != nil {
			return err
		}
		if !isTerminal {
			os.Stdout.WriteString("\n")
		}
		time.Sleep(watchPeriod)
	}
}

func logs(name string, args []string) (int, error) {
	flags, pid := controlFlags(name)
	follow := flags.boolean("f")
	of, err := parseName(flags, args)
	if err != nil {
		return 0, err
	}
	return 0, ask(*pid, given(*follow, "-f", name, of)...)
}

func events(name string, args []string) (int, error) {
	flags, pid := controlFlags(name)
	asJSON := flags.boolean("json")
	if _, err := parse(flags, args, 0); err != nil {
		return 0, err
	}
	return 0, ask(*pid, given(*asJSON, "--json", name)...)
}

// health asks for one of three kinds of all essential processes, or of one.
func health(name string, args []string) (int, error) {
	flags, pid := controlFlags(name)
	live, started, ready := flags.boolean("live"), flags.boolean("started"), flags.boolean("ready")
	names, err := parse(flags, args, 1)
	if err != nil {
		return 0, err
	}
	kind := "ready"
	switch {
	case *live && !*started && !*ready:
		kind = "live"
	case *started && !*live && !*ready:
		kind = "started"
	case *live || *started:
		return 0, misused("health: --live, --started and --ready are different questions: ask one")
	}
	return 0, ask(*pid, append([]string{name, kind}, names...)...)
}

func probe(name string, args []string) (int, error) {
	flags, pid := controlFlags(name)
	of, err := parseName(flags, args)
	if err != nil {
		return 0, err
	}
	return 0, ask(*pid, name, of)
}

// change has one process restarted, started or stopped.
func change(name string, args []string) (int, error) {
	flags, pid := controlFlags(name)
	noWait := flags.boolean("no-wait")
	of, err := parseName(flags, args)
	if err != nil {
		return 0, err
	}
	return 0, ask(*pid, given(*noWait, control.NoWait, name, of)...)
}

func drain(name string, args []string) (int, error) {
	flags, pid := controlFlags(name)
	noWait := flags.boolean("no-wait")
	if _, err := parse(flags, args, 0); err != nil {
		return 0, err
	}
	return 0, ask(*pid, given(*noWait, control.NoWait, name)...)
}

// controlFlags returns the flags of a verb that asks a running supervisor.
func controlFlags(name string) (*flagSet, *processID) {
	flags, pid := newFlags(name), new(processID)
	flags.flags["pid"] = setter{set: pid.set}
	return flags, pid
}

// parseName reads flags and the name of one process.
func parseName(flags *flagSet, args []string) (string, error) {
	names, err := parse(flags, args, 1)
	switch {
	case err != nil:
		return "", err
	case len(names) == 0:
		return "", misused(flags.verb + " needs the NAME of a process")
	}
	return names[0], nil
}

// given returns words, and one more where that is wanted.
func given(wanted bool, one string, words ...string) []string {
	if wanted {
		return append(words, one)
	}
	return words
}

// ask has a running supervisor do what words say, and shows what it answers.
func ask(pid processID, words ...string) error {
	return control.Ask(os.Stdout, int(pid), control.Request(words))
}

// processID is the value of --pid; 0 where none is given.
type processID int

// set takes a PID of at least 1.
func (p *processID) set(text string) error {
	pid, err := strconv.Atoi(text)
	if err != nil || pid <= 0 {
		return misused("write a process ID, such as 1")
	}
	*p = processID(pid)
	return nil
}
