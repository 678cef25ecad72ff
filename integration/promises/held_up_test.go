package promises_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// The supervisor waits in vfork(2) for a child that has not executed its program yet, and does nothing else meanwhile.
func testHeldUp(t *testing.T, when spec.G, it spec.S) {
	Expect := NewWithT(t).Expect
	probed := func(on *setting) plan.Process {
		return sidecar("probed", liveness(plan.Probe{Exec: &plan.Exec{Command: []string{on.path("child"), "exit", "0"}}}))
	}

	everywhere(t, when, it, "goes on when somebody stops a child before it executes its program", func(on *setting) {
		s := on.start(t, web(probed(on)))
		s.enters("probed")
		app, holder := s.enters("app"), s.extra("holder")
		holder.do("stop", holder.do("hold", strconv.Itoa(s.cmd.Process.Pid)))
		s.signal(syscall.SIGTERM)
		app.hears("SIGTERM")
		Expect(s.exits()).To(Equal(128 + 15))
	})

	it("goes on then though it has no file descriptor left", func() {
		s := plain.start(t, web(probed(plain)))
		s.enters("probed")
		app, holder := s.enters("app"), s.extra("holder")
		newborn := holder.do("hold", strconv.Itoa(s.cmd.Process.Pid))
		s.useUpDescriptors()
		holder.do("stop", newborn)
		s.signal(syscall.SIGTERM)
		app.hears("SIGTERM")
		Expect(s.exits()).To(Equal(128 + 15))
	})

	everywhere(t, when, it, "keeps the stop's budget though it can do nothing", func(on *setting) {
		s := on.start(t, web(probed(on)), budget("1"))
		puppets := []*puppet{s.enters("probed"), s.enters("app")}
		puppets[1].do("start", "grandchild", "daemon")
		puppets = append(puppets, s.enters("grandchild"))
		holder := s.extra("holder")
		holder.tell("bury", holder.do("hold", strconv.Itoa(s.cmd.Process.Pid)))
		asked := time.Now()
		s.signal(syscall.SIGTERM)
		Expect(s.exits()).To(Equal(128 + 9))
		Expect(time.Since(asked)).To(BeNumerically("<", 10*time.Second))
		for _, p := range puppets {
			p.ends()
		}
		Expect(s.stderr.String()).To(HavePrefix("supervisor | the stop has taken longer than its budget of 1s; killing all that is left\n"))
	})
}

// useUpDescriptors has the supervisor's limit of file descriptors be as many as it has.
func (s *supervised) useUpDescriptors() {
	s.t.Helper()
	pid := s.cmd.Process.Pid
	free := 0
	for ; ; free++ {
		if _, err := os.Lstat(fmt.Sprintf("/proc/%d/fd/%d", pid, free)); err != nil {
			break
		}
	}
	if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(free), Max: uint64(free)}, nil); err != nil {
		s.t.Fatal(err)
	}
}

// extra starts a puppet that the supervisor knows nothing of.
func (s *supervised) extra(name string) *puppet {
	s.t.Helper()
	cmd := exec.Command(filepath.Join(programs, "child"), s.address, name)
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return s.enters(name)
}
