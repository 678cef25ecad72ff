package supervise

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/probe"
)

// said is what a process has told of itself since it was spawned (sd_notify(3)).
type said struct {
	ready    bool
	watchdog bool // since this was last looked at
	status   string
}

// startProbe probes a process each period, from the end of its initial delay on, until the machine stops it.
func (r *runner) startProbe(a StartProbe) {
	ctx, cancel := context.WithCancel(context.Background())
	r.children[a.Proc].stopProbe[a.Kind] = cancel
	settings := r.settings(a.Proc, a.Kind)
	delay := probe.Seconds(settings.InitialDelaySeconds)
	if settings.Notify && a.Kind == Liveness {
		delay += probe.Seconds(settings.PeriodSeconds) // it has a period to speak in first
	}
	go func() {
		if !sleep(ctx, delay) {
			return
		}
		if a.Kind == Startup && r.eager(ctx, a) {
			return
		}
		ticker := time.NewTicker(probe.Seconds(settings.PeriodSeconds))
		defer ticker.Stop()
		for {
			r.report(ctx, a, r.check(ctx, a.Proc, a.Kind))
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	}()
}

// firstPause is the wait after the first eager check; it doubles with each.
const firstPause = 5 * time.Millisecond

// eager looks often within the first period of a startup probe that needs no process of its own, so that a start takes no longer than
// it has to. Only a pass counts; it reports whether there was one.
func (r *runner) eager(ctx context.Context, a StartProbe) (passed bool) {
	settings := r.settings(a.Proc, a.Kind)
	if settings.Notify || settings.Command("") != nil {
		return false
	}
	for pause := firstPause; pause < probe.Seconds(settings.PeriodSeconds)/2; pause *= 2 {
		if settings.Check(ctx) == nil {
			r.report(ctx, a, nil)
			return true
		}
		if !sleep(ctx, pause) {
			return true
		}
	}
	return false
}

// sleep reports whether d has passed before ctx was done.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

func (r *runner) settings(i int, kind ProbeKind) *probe.Probe {
	c := &r.children[i]
	return [probeKinds]*probe.Probe{c.StartupProbe, c.ReadinessProbe, c.LivenessProbe}[kind]
}

// report gives a result to the machine.
func (r *runner) report(ctx context.Context, a StartProbe, err error) {
	r.main(ctx, func() {
		result := Probed{At: r.now(), Proc: a.Proc, Run: a.Run, Kind: a.Kind, Passed: err == nil}
		if err != nil {
			result.Reason = err.Error()
		}
		if a.Kind == Liveness {
			r.children[a.Proc].said.watchdog = false
		}
		r.step(result)
	})
}

// main has f run on the main goroutine, where it has not ended and ctx is not done before, and waits for that.
func (r *runner) main(ctx context.Context, f func()) {
	done := make(chan struct{})
	select {
	case r.inbox <- func() { defer close(done); f() }:
		<-done
	case <-ctx.Done():
	}
}

// helperAllowance is for a helper that times its check itself: to start, and to say that there was no answer.
const helperAllowance = 500 * time.Millisecond

// check carries out one check of a probe.
func (r *runner) check(ctx context.Context, i int, kind ProbeKind) error {
	settings := r.settings(i, kind)
	if settings.Notify {
		return r.heard(ctx, i, kind)
	}
	if argv := settings.Command(r.launch.Helper); argv != nil {
		timeout := probe.Seconds(settings.TimeoutSeconds)
		if settings.Exec == nil {
			timeout += helperAllowance
		}
		return r.run(ctx, i, argv, timeout)
	}
	return settings.Check(ctx)
}

// heard tells whether a process has said what the probe waits for.
func (r *runner) heard(ctx context.Context, i int, kind ProbeKind) (err error) {
	r.main(ctx, func() {
		said := &r.children[i].said
		switch {
		case kind == Liveness && !said.watchdog:
			err = errors.New("no WATCHDOG=1 from it within the period")
		case kind != Liveness && !said.ready:
			err = errors.New("no READY=1 from it yet")
			if said.status != "" {
				err = errors.New(err.Error() + " (" + said.status + ")")
			}
		}
	})
	return err
}

// run starts a command beside process i, with its environment and working directory, and passes when it exits with 0 in time. The
// command's group is killed with it. Its first line of output is a part of the error.
func (r *runner) run(ctx context.Context, i int, argv []string, timeout time.Duration) error {
	output, theirs, err := os.Pipe()
	if err != nil {
		return err
	}
	defer output.Close()
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	ended := make(chan int, 1)
	pid := 0
	late := errors.New(argv[0] + ": no end within " + timeout.String())
	r.main(ctx, func() { pid, err = r.fork(i, argv, theirs, ended) })
	theirs.Close()
	switch {
	case err != nil:
		return err
	case pid == 0:
		return late // the main goroutine had more to do than it had time for
	}
	words := make(chan string, 1)
	go func() { words <- firstLine(output) }()
	select {
	case code := <-ended:
		if code == 0 {
			return nil
		}
		return errors.New(describe(argv[0], words) + ": status " + strconv.Itoa(code))
	case <-ctx.Done():
		// The main goroutine takes this even when the probe was stopped, so that nothing is left of the command.
		r.inbox <- func() {
			if r.pids[pid] != nil {
				_ = unix.Kill(-pid, unix.SIGKILL)
			}
		}
		return late
	}
}

// fork starts a probe's command.
func (r *runner) fork(i int, argv []string, output *os.File, ended chan<- int) (int, error) {
	c := &r.children[i]
	files := []uintptr{r.null.Fd(), output.Fd(), output.Fd()}
	pid, err := fork(argv, &syscall.ProcAttr{Dir: c.WorkingDir, Env: c.env, Files: files, Sys: &syscall.SysProcAttr{}})
	if err == nil {
		r.pids[pid] = func(ws unix.WaitStatus) { ended <- exitStatus(ws) }
	}
	return pid, err
}

// firstLine reads all that a command writes, so that it never waits for us, and keeps the beginning of it.
func firstLine(output *os.File) string {
	const most = 200
	var kept []byte
	buffer := make([]byte, 4096)
	for {
		n, err := output.Read(buffer)
		kept = append(kept, buffer[:min(n, most-len(kept))]...)
		if err != nil {
			line, _, _ := bytes.Cut(bytes.TrimSpace(kept), []byte("\n"))
			return string(line)
		}
	}
}

// describe adds to a command what it said, if that comes at once.
func describe(command string, words <-chan string) string {
	select {
	case line := <-words:
		if line != "" {
			return command + ": " + line
		}
	case <-time.After(100 * time.Millisecond): // something that left the command's group still holds its output
	}
	return command
}

// listenNotify opens a socket for each process that is to speak by itself, and tells it where that is.
func (r *runner) listenNotify() {
	for i := range r.children {
		c := &r.children[i]
		var speaks bool
		for kind := range ProbeKind(probeKinds) {
			settings := r.settings(i, kind)
			if settings == nil || !settings.Notify {
				continue
			}
			speaks = true
			if kind == Liveness {
				period := strconv.FormatInt(probe.Seconds(settings.PeriodSeconds).Microseconds(), 10)
				c.env = append(without(c.env, "WATCHDOG_USEC"), "WATCHDOG_USEC="+period)
			}
		}
		if !speaks {
			continue
		}
		socket, err := probe.ListenNotify()
		if err != nil {
			r.tell(Info, r.state.title(i)+" can't be heard: NOTIFY_SOCKET: "+err.Error())
			continue
		}
		c.env = append(without(c.env, "NOTIFY_SOCKET"), "NOTIFY_SOCKET="+socket.Address())
		go func() {
			// Whoever waits to be heard (BARRIER=1) must not end before it is known whose child it is.
			_ = socket.Serve(func(n probe.Notification) { r.main(context.Background(), func() { r.notified(i, n) }) })
		}()
	}
}

// notified takes in what a process says of itself; strangers are not heard.
func (r *runner) notified(i int, n probe.Notification) {
	c := &r.children[i]
	if c.pid == 0 || n.PID != c.pid && !descends(n.PID, c.pid) {
		return
	}
	c.said.ready = (c.said.ready || n.Ready) && !n.Stopping
	c.said.watchdog = c.said.watchdog || n.Watchdog
	if n.Status != "" {
		c.said.status = n.Status
		r.tell(Debug, r.state.title(i)+" says: "+n.Status)
	}
	for _, kind := range []ProbeKind{Startup, Readiness} {
		if s := r.settings(i, kind); s != nil && s.Notify && c.said.ready {
			r.step(Probed{At: r.now(), Proc: i, Run: r.state.procs[i].run, Kind: kind, Passed: true})
		}
	}
}

// descends tells whether a process is one of those below an ancestor.
func descends(pid, ancestor int) bool {
	for pid > 1 {
		parent, alive := parentOf(pid)
		if !alive {
			return false
		}
		if pid = parent; pid == ancestor {
			return true
		}
	}
	return false
}

// without is env less one variable.
func without(env []string, name string) []string {
	var rest []string
	for _, kv := range env {
		if len(kv) <= len(name) || kv[:len(name)+1] != name+"=" {
			rest = append(rest, kv)
		}
	}
	return rest
}
