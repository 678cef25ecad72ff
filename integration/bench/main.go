// Bench measures the supervisor beside the least that a program can do for the same job and beside others that do it, all in the same
// rounds, and prints markdown tables. It runs from the repository's root, and finds its own programs and the peers in PATH.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

type bench struct {
	rounds int
	peers  []peer
	dir    string // for all files
	chart  string // of the peers, as an SVG; empty where they were not measured
}

var sections = []struct {
	name    string
	measure func(*bench) ([]table, error)
}{
	{"lives", (*bench).lives},
	{"logs", (*bench).logs},
	{"behaviour", (*bench).behaviours},
	{"build", (*bench).builds},
}

var documents = []string{"docs/benchmarks.md", "docs/comparison.md"}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() (err error) {
	rounds := flag.Int("rounds", 15, "how often each thing is measured")
	write := flag.Bool("write", false, "put the tables into "+strings.Join(documents, " and ")+" too")
	only := flag.String("only", "", "the peers to measure, separated by commas, beside the floor and our own")
	parts, err := arguments()
	if err != nil {
		return err
	}

	// What a supervisor leaves behind comes to us, and is seen and ended.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return err
	}
	b := bench{rounds: *rounds}
	if b.dir, err = os.MkdirTemp("", "sidecar-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	go b.endWhenAsked()
	supervisor, err := filepath.Abs("build/bin/supervisor")
	if err != nil {
		return err
	}
	b.choose(peers(supervisor), *only)

	machine := table{name: "machine", header: []string{"measured on", "rounds", "beside"},
		rows: [][]string{{machine(), fmt.Sprint(*rounds), strings.Join(names(b.peers), ", ")}}}
	if err := show(machine, *write); err != nil {
		return err
	}
	for _, s := range sections {
		if len(parts) > 0 && !slices.Contains(parts, s.name) {
			continue
		}
		tables, err := s.measure(&b)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		for _, t := range tables {
			if err := show(t, *write); err != nil {
				return err
			}
		}
		if *write && b.chart != "" { // beside its tables: a later part may fail
			if err := os.WriteFile(chartFile, []byte(b.chart), 0o644); err != nil {
				return err
			}
			b.chart = ""
		}
	}
	return nil
}

// arguments returns the parts to measure; options may stand before and behind them.
func arguments() (parts []string, err error) {
	flag.Parse()
	for flag.NArg() > 0 {
		part := flag.Arg(0)
		if !slices.Contains(partNames(), part) {
			return nil, fmt.Errorf("there is no part %q: there are %s", part, strings.Join(partNames(), ", "))
		}
		parts = append(parts, part)
		if err := flag.CommandLine.Parse(flag.Args()[1:]); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

func partNames() (all []string) {
	for _, s := range sections {
		all = append(all, s.name)
	}
	return all
}

// endWhenAsked leaves nothing behind when the benchmarks are interrupted.
func (b *bench) endWhenAsked() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, unix.SIGINT, unix.SIGTERM)
	<-signals
	_ = sweep()
	_ = os.RemoveAll(b.dir)
	os.Exit(130)
}

// choose takes those that are on the machine and wanted.
func (b *bench) choose(all []peer, only string) {
	for _, p := range all {
		wanted := only == "" || p.name == floor || p.name == ours || slices.Contains(strings.Split(only, ","), p.name)
		switch {
		case !wanted:
		case p.installed():
			b.peers = append(b.peers, p)
		default:
			fmt.Fprintf(os.Stderr, "bench: left out %s: it is not here (scripts/bench --peers installs it)\n", p.name)
		}
	}
}

func show(t table, write bool) error {
	fmt.Printf("\n### %s\n\n%s", t.name, t)
	for _, document := range documents {
		if !write {
			break
		}
		if err := put(document, t.name, t.String()); err != nil {
			return err
		}
	}
	return nil
}

// machine tells its kind.
func machine() string {
	release, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	version := strings.Join(strings.SplitN(string(release), ".", 3)[:2], ".")
	return fmt.Sprintf("%d cores, Linux %s, %s, %s", runtime.NumCPU(), version, runtime.GOARCH, runtime.Version())
}
