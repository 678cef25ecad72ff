// Endurance has a supervisor do a great deal of one thing, and fails if its memory, descriptors or threads grow with it.
package main

import (
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func main() {
	supervisor := flag.String("supervisor", "build/bin/supervisor", "the supervisor to try")
	child := flag.String("child", "build/endurance-child", "what its sidecars run")
	restarts := flag.Int("restarts", 100_000, "restarts of a sidecar")
	orphans := flag.Int("orphans", 1_000_000, "orphans that end")
	gigabytes := flag.Int("gigabytes", 50, "of lines of 100 bytes")
	sidecars := flag.Int("sidecars", 200, "sidecars that are probed each second, for a minute")
	flag.Parse()
	if err := run(*supervisor, []task{
		restarting(*restarts), orphaning(*child, *orphans), telling(*child, *gigabytes), probing(*sidecars),
	}); err != nil {
		fmt.Fprintln(os.Stderr, "endurance:", err)
		os.Exit(1)
	}
}

// task is something that a supervisor is to do a great deal of.
type task struct {
	name   string
	amount int // 0: it is left out
	plan   plan.Plan
	app    []string
	until  string        // the stop begins once this was said as often as amount says; "": when the app or the sidecar ends
	limit  time.Duration // or when this is over; 0: never
}

func run(supervisor string, tasks []task) error {
	dir, err := os.MkdirTemp("", "endurance")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Println("| what | seconds | own memory, in the first half and in the second | descriptors | threads |")
	fmt.Println("|---|---|---|---|---|")
	grown := 0
	for _, t := range tasks {
		if t.amount == 0 {
			continue
		}
		h, err := t.do(supervisor, filepath.Join(dir, "plan.toml"))
		if err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		fmt.Printf("| %s | %.0f | %s |\n", t.name, h.took.Seconds(), h)
		if h.grows() {
			grown++
		}
	}
	if grown > 0 {
		return fmt.Errorf("%d of these grew", grown)
	}
	return nil
}

func process(name string, command ...string) plan.Process {
	return plan.Process{
		Name: name, Command: command, InheritEnv: []string{plan.Everything}, Restart: plan.Never, Essential: true,
		StopSignal: "SIGTERM", StopGracePeriodSeconds: 1, Logs: plan.Prefix, MaxRestarts: 5, RestartWindowSeconds: 60, BackoffSeconds: 1,
	}
}

func web(sidecars ...plan.Process) plan.Plan {
	app := process(plan.AppName)
	app.Logs = plan.Raw
	return plan.Plan{Type: "web", App: app, Sidecars: sidecars}
}

var rest = []string{"sleep", "86400"}

func restarting(n int) task {
	p := process("restless", "true")
	p.Restart, p.MaxRestarts, p.RestartWindowSeconds, p.BackoffSeconds, p.BackoffMaxSeconds = plan.Always, 2*n, 0.001, 0.001, 0.001
	return task{name: fmt.Sprintf("%d restarts of a sidecar", n), amount: n, plan: web(p), app: rest, until: "; restarting it in "}
}

func orphaning(child string, n int) task {
	return task{name: fmt.Sprintf("%d orphans of the app", n), amount: n, plan: web(), app: []string{child, "orphans", fmt.Sprint(n)}}
}

func telling(child string, n int) task {
	p := process("talker", child, "lines", fmt.Sprint(n))
	return task{name: fmt.Sprintf("%d GB of a sidecar's lines", n), amount: n, plan: web(p), app: rest}
}

// probing has each of n sidecars probed every second.
func probing(n int) task {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err) // of loopback
	}
	go func() {
		for conn, err := listener.Accept(); err == nil; conn, err = listener.Accept() {
			conn.Close()
		}
	}()
	var sidecars []plan.Process
	for i := range n {
		p := process(fmt.Sprintf("s%d", i), rest...)
		p.LivenessProbe = &plan.Probe{
			PeriodSeconds: 1, TimeoutSeconds: 5, SuccessThreshold: 1, FailureThreshold: 10,
			TCPSocket: &plan.TCPSocket{Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port},
		}
		sidecars = append(sidecars, p)
	}
	return task{name: fmt.Sprintf("%d sidecars, probed each second", n), amount: n, plan: web(sidecars...), app: rest, limit: time.Minute}
}
