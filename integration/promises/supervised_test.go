package promises_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// supervised is a supervisor with all that it runs.
type supervised struct {
	*stage
	t              *testing.T
	on             *setting
	dir            string // its own
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer // complete once it has ended, where the test hasn't put something else there
	ended          chan struct{}
	took           time.Duration // from its start to its end
}

// start has a plan supervised, with a puppet as its app. Options may change how the supervisor is started.
func (on *setting) start(t *testing.T, p plan.Plan, options ...func(*exec.Cmd)) *supervised {
	t.Helper()
	s := on.prepare(t)
	s.launch(s.supervisor(p, s.puppet("app")...), options...)
	return s
}

// prepare makes all ready, for a test that starts it differently.
func (on *setting) prepare(t *testing.T) *supervised {
	t.Helper()
	dir, err := on.directory()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return &supervised{stage: openStage(t), t: t, on: on, dir: dir, ended: make(chan struct{})}
}

// puppet is the command of a puppet.
func (s *supervised) puppet(name string) []string {
	return []string{s.on.path("child"), s.address, name}
}

// supervisor is the command of a supervisor that has a plan and an app. A sidecar without a command is a puppet.
func (s *supervised) supervisor(p plan.Plan, app ...string) []string {
	s.t.Helper()
	for i := range p.Sidecars {
		if p.Sidecars[i].Command == nil {
			p.Sidecars[i].Command = s.puppet(p.Sidecars[i].Name)
		}
	}
	file := filepath.Join(s.dir, "plan.toml")
	if err := plan.Write(file, p); err != nil {
		s.t.Fatal(err)
	}
	if s.on.bare {
		file = "/plan.toml"
	}
	return append([]string{s.on.path("supervisor"), "run", p.Type, "--plan", file, "--"}, app...)
}

// launch starts a command in the setting.
func (s *supervised) launch(argv []string, options ...func(*exec.Cmd)) {
	s.t.Helper()
	s.cmd = s.on.command(s.dir, argv...)
	s.cmd.Stdout, s.cmd.Stderr = &s.stdout, &s.stderr
	s.cmd.WaitDelay = patience // where something that is left behind holds the outputs
	for _, option := range options {
		option(s.cmd)
	}
	start := time.Now()
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() {
		defer close(s.ended)
		err := s.cmd.Wait()
		s.took = time.Since(start)
		if errors.Is(err, exec.ErrWaitDelay) {
			s.t.Errorf("something holds the supervisor's outputs after its end")
		}
	}()
	s.t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		<-s.ended
		if strings.Contains(s.stderr.String(), "DATA RACE") {
			s.t.Error("the supervisor has a data race")
		}
		if s.t.Failed() {
			s.t.Logf("the supervisor's stdout:\n%s\nand stderr:\n%s", tail(s.stdout.String()), tail(s.stderr.String()))
		}
	})
}

// tail keeps logs of failures readable.
func tail(text string) string { return text[max(0, len(text)-4000):] }

// environ puts variables beside those of the test.
func environ(variables ...string) func(*exec.Cmd) {
	return func(c *exec.Cmd) { c.Env = append(slices.Concat(os.Environ(), c.Env), variables...) }
}

// budget is the whole stop's, in seconds.
func budget(seconds string) func(*exec.Cmd) {
	return environ("BPL_SIDECAR_STOP_BUDGET_SECONDS=" + seconds)
}

// outputs sends both outputs to one file.
func outputs(f *os.File) func(*exec.Cmd) {
	return func(c *exec.Cmd) { c.Stdout, c.Stderr = f, f }
}

// outputsApart sends standard error elsewhere.
func outputsApart(stderr *os.File) func(*exec.Cmd) {
	return func(c *exec.Cmd) { c.Stderr = stderr }
}

// signal is sent to the supervisor.
func (s *supervised) signal(sig syscall.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatalf("%v to the supervisor: %v", sig, err)
	}
}

// exits awaits the supervisor's end and gives its exit code, 128+signal where it died of one.
func (s *supervised) exits() int {
	s.t.Helper()
	select {
	case <-s.ended:
	case <-time.After(patience):
		s.t.Fatal("the supervisor has not ended")
	}
	status := s.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}

// lines are those of an output that has ended.
func lines(output *bytes.Buffer) []string {
	return strings.Split(strings.TrimSuffix(output.String(), "\n"), "\n")
}

// now is the time by the clock of the puppets' events.
func now() int64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
	return ts.Nano()
}
