package supervise

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/machine"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/probe"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/proc"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// said is what a process has told of itself since it was spawned (sd_notify(3)).
type said struct {
	ready    bool
	watchdog time.Time // when it last said WATCHDOG=1; before the first, when the time for that began
	status   string
}

// startProbe probes a process each period, from the end of its initial delay on, until the machine stops it.
func (r *Supervisor) startProbe(a machine.StartProbe) {
	ctx, cancel := context.WithCancel(context.Background())
	r.children[a.Proc].stopProbe[a.Kind] = cancel
	settings := r.settings(a.Proc, a.Kind)
	delay := plan.Seconds(settings.InitialDelaySeconds)
	if settings.Notify && a.Kind == plan.Liveness { // it has a period to speak in first
		r.children[a.Proc].said.watchdog = time.Now().Add(delay)
		delay += plan.Seconds(settings.PeriodSeconds)
	}
	go func() {
		if sleep(ctx, delay) {
			r.probe(ctx, a)
		}
	}()
}

// probe checks a process each period and reports every result.
func (r *Supervisor) probe(ctx context.Context, a machine.StartProbe) {
	ticker := time.NewTicker(plan.Seconds(r.settings(a.Proc, a.Kind).PeriodSeconds))
	defer ticker.Stop()
	r.report(ctx, a, r.firstCheck(ctx, a))
	for {
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
		if ctx.Err() != nil { // both may be the case
			return
		}
		r.report(ctx, a, r.check(ctx, a.Proc, a.Kind))
	}
}

// firstPause is the wait after the first eager check; it doubles with each.
const firstPause = 5 * time.Millisecond

// firstCheck returns the result of the first period. A startup probe that needs no process of its own is looked at often within that, so
// that a start takes no longer than it has to.
func (r *Supervisor) firstCheck(ctx context.Context, a machine.StartProbe) error {
	settings := r.settings(a.Proc, a.Kind)
	eager := a.Kind == plan.Startup && !settings.Notify && settings.Command("") == nil
	enough := plan.Seconds(settings.PeriodSeconds) / 2
	began, pause := time.Now(), firstPause
	for {
		err := r.check(ctx, a.Proc, a.Kind)
		if !eager || err == nil || pause >= enough || time.Since(began) >= enough || !sleep(ctx, pause) {
			return err
		}
		pause *= 2
	}
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

func (r *Supervisor) settings(i int, kind plan.ProbeKind) *plan.Probe {
	return r.children[i].Probes.All()[kind]
}

// report gives a result to the machine.
func (r *Supervisor) report(ctx context.Context, a machine.StartProbe, err error) {
	r.onMain(ctx, func() {
		if isNoResult(err) {
			r.tellNoResult(a.Proc, a.Kind, err)
			return
		}
		r.children[a.Proc].unprobed[a.Kind] = false
		result := machine.Probed{At: r.now(), Proc: a.Proc, Run: a.Run, Kind: a.Kind, Passed: err == nil}
		if err != nil {
			result.Reason = err.Error()
		}
		r.step(result)
	})
}

// onMain has f run on the main goroutine, where it has not ended and ctx is not done before, and waits for that.
func (r *Supervisor) onMain(ctx context.Context, f func()) {
	done := make(chan struct{})
	unlessLate := func() {
		defer close(done)
		if ctx.Err() == nil {
			f()
		}
	}
	select {
	case r.agenda.asked <- unlessLate:
		r.agenda.bell.ring()
		<-done
	case <-ctx.Done():
	}
}

// helperAllowance is for a helper that times its check itself: to start, and to say that there was no answer.
const helperAllowance = 500 * time.Millisecond

// check carries out one check of a probe, and counts it.
func (r *Supervisor) check(ctx context.Context, i int, kind plan.ProbeKind) error {
	began := time.Now()
	err := r.checkOnce(ctx, i, kind)
	r.checks[i][kind].add(err, time.Since(began))
	return err
}

func (r *Supervisor) checkOnce(ctx context.Context, i int, kind plan.ProbeKind) error {
	settings := r.settings(i, kind)
	if settings.Notify {
		return r.heard(ctx, i, kind)
	}
	return r.carryOut(ctx, i, settings)
}

// preStop does what a process's pre-stop says, and tells the machine how that ended, unless that has it ended before.
func (r *Supervisor) preStop(a machine.RunPreStop) {
	c := &r.children[a.Proc]
	task := c.PreStop.Within(math.MaxInt32) // the machine ends it
	ctx, cancel := context.WithCancel(context.Background())
	c.endPreStop = cancel
	go func() {
		end := machine.PreStopped{Proc: a.Proc, Run: a.Run}
		if err := r.carryOut(ctx, a.Proc, &task); err != nil {
			end.Problem = err.Error()
		}
		r.onMain(ctx, func() { end.At = r.now(); r.step(end) })
	}()
}

// carryOut does what a check asks for, in this process or in one of its own.
func (r *Supervisor) carryOut(ctx context.Context, i int, settings *plan.Probe) error {
	if argv := settings.Command(r.launch.Helper); argv != nil {
		timeout := plan.Seconds(settings.TimeoutSeconds)
		if settings.Exec == nil {
			timeout += helperAllowance
		}
		return r.run(ctx, i, argv, settings.Input(), timeout)
	}
	return probe.Check(ctx, *settings)
}

// heard tells whether a process has said what the probe waits for.
func (r *Supervisor) heard(ctx context.Context, i int, kind plan.ProbeKind) (err error) {
	r.onMain(ctx, func() {
		said := &r.children[i].said
		switch {
		case kind == plan.Liveness && time.Since(said.watchdog) > plan.Seconds(r.settings(i, kind).PeriodSeconds):
			err = errors.New("no WATCHDOG=1 from it within the period")
		case kind != plan.Liveness && !said.ready:
			err = errors.New("no READY=1 from it yet")
			if said.status != "" {
				err = errors.New(err.Error() + " (" + said.status + ")")
			}
		}
	})
	return err
}

// run starts a command beside process i, with its environment and working directory, and passes when it exits with 0 in time. The
// command's group is killed with it, and all below it where it has not ended in time. Its first line of output is a part of the error.
func (r *Supervisor) run(ctx context.Context, i int, argv []string, input string, timeout time.Duration) error {
	output, theirs, err := os.Pipe()
	if err != nil {
		return err
	}
	defer output.Close()
	stdin := r.null
	if input != "" {
		if stdin, err = feed(input); err != nil {
			theirs.Close()
			return err
		}
		defer stdin.Close()
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	ended := make(chan int, 1)
	pid := 0
	r.onMain(ctx, func() { pid, err = r.fork(i, argv, stdin, theirs, ended) })
	theirs.Close()
	switch {
	case err != nil:
		return err
	case pid == 0:
		return notCarriedOut{late(argv[0], timeout)} // the main goroutine had more to do than it had time for
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
		r.onMain(context.Background(), func() {
			if r.pids[pid] != nil {
				killAll(pid)
			}
		})
		return late(argv[0], timeout)
	}
}

// late is that a command had no end in time.
func late(command string, timeout time.Duration) error {
	return errors.New(command + ": no end within " + timeout.String())
}

// killAll kills a process's group, and all below the process: those too that have groups of their own.
func killAll(pid int) {
	below := proc.Below(pid)
	_ = unix.Kill(-pid, unix.SIGKILL)
	for _, pid := range below {
		_ = unix.Kill(pid, unix.SIGKILL)
	}
}

// fork starts a probe's command.
func (r *Supervisor) fork(i int, argv []string, input, output *os.File, ended chan<- int) (int, error) {
	c := &r.children[i]
	files := []uintptr{input.Fd(), output.Fd(), output.Fd()}
	r.markNext(i)
	attr := &syscall.ProcAttr{Dir: c.WorkingDir, Env: c.env, Files: files, Sys: &syscall.SysProcAttr{}}
	start := func() (int, error) { return r.forkFor(i, argv, attr) }
	if argv[0] == r.launch.Helper { // which is ours, and no way out of the sandbox
		start = func() (int, error) { return fork(argv, attr) }
	}
	pid, err := start()
	if err == nil {
		r.pids[pid] = func(ws unix.WaitStatus) { ended <- exitStatus(ws) }
	}
	return pid, err
}

// feed returns a pipe from which a command reads text.
func feed(text string) (*os.File, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	go func() {
		defer write.Close()
		_, _ = io.WriteString(write, text)
	}()
	return read, nil
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
func (r *Supervisor) listenNotify() {
	for i := range r.children {
		c := &r.children[i]
		var speaks bool
		for kind := range plan.ProbeKind(plan.ProbeKinds) {
			settings := r.settings(i, kind)
			if settings == nil || !settings.Notify {
				continue
			}
			speaks = true
			if kind == plan.Liveness {
				period := strconv.FormatInt(plan.Seconds(settings.PeriodSeconds).Microseconds(), 10)
				c.env = append(without(c.env, "WATCHDOG_USEC"), "WATCHDOG_USEC="+period)
			}
		}
		if !speaks {
			continue
		}
		socket, err := r.notifySocket(i)
		if err != nil {
			r.tell(machine.Info, r.titles[i]+" can't be heard: NOTIFY_SOCKET: "+err.Error())
			continue
		}
		c.env = append(without(c.env, "NOTIFY_SOCKET"), "NOTIFY_SOCKET="+socket.Address())
		go func() {
			// Whoever waits to be heard (BARRIER=1) must not end before it is known whose child it is.
			_ = socket.Serve(func(n probe.Notification) { r.onMain(context.Background(), func() { r.notified(i, n) }) })
		}()
	}
}

// notifySocket opens a socket that process i can reach. From a sandbox, only sockets that were opened in it can be.
func (r *Supervisor) notifySocket(i int) (socket *probe.NotifySocket, err error) {
	in := r.launch.Processes[i].Sandbox
	if in == nil {
		return probe.ListenNotify()
	}
	in.Do(func() { socket, err = probe.ListenNotify() })
	return socket, err
}

// notified takes in what a process says of itself; strangers are not heard.
func (r *Supervisor) notified(i int, n probe.Notification) {
	c := &r.children[i]
	if c.pid == 0 || !speaksFor(n, c.pid) {
		return
	}
	c.said.ready = (c.said.ready || n.Ready) && !n.Stopping
	if n.Watchdog {
		c.said.watchdog = time.Now()
	}
	if n.Status != "" {
		c.said.status = n.Status
		r.tell(machine.Debug, r.titles[i]+" says: "+n.Status)
	}
	for _, kind := range []plan.ProbeKind{plan.Startup, plan.Readiness} {
		if s := r.settings(i, kind); s != nil && s.Notify && c.said.ready {
			r.step(machine.Probed{At: r.now(), Proc: i, Run: r.state.View(i).Run, Kind: kind, Passed: true})
		}
	}
}

// speaksFor reports whether a notification comes from a process or from one below it. A helper that says its word and ends, as
// systemd-notify does, may be gone by now; then only its user can be known.
func speaksFor(n probe.Notification, pid int) bool {
	for sender := n.PID; sender > 1; {
		if sender == pid {
			return true
		}
		parent, alive := proc.Parent(sender) // a zombie has one
		if isGone := parent == 0 && !alive; isGone && sender == n.PID {
			return int(n.UID) == os.Geteuid()
		}
		sender = parent
	}
	return n.PID == pid
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
