package promises_test

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
)

func testOrphans(t *testing.T, when spec.G, it spec.S) {
	g := NewWithT(t)

	everywhere(t, when, it, "reaps orphans while it runs", func(on *setting) {
		s := on.start(t, web(sidecar("config-server")))
		config, app := s.enters("config-server"), s.enters("app")
		var orphans []*puppet
		for _, parent := range []*puppet{config, app} {
			for range 5 {
				parent.do("start", "orphan", "daemon")
				orphans = append(orphans, s.enters("orphan"))
			}
		}
		for _, o := range orphans {
			o.tell("exit", "0")
		}
		for _, o := range orphans {
			o.ends()
			g.Eventually(state).WithArguments(o.pid).WithTimeout(patience).Should(BeEmpty(), "it is a zombie")
		}
		app.do("ping")
		config.do("ping")
		app.tell("exit", "0")
		g.Expect(s.exits()).To(BeZero())
		g.Expect(s.stderr.String()).To(BeEmpty())
	})

	it("stops in order though orphans come faster than they are reaped", func() {
		on := &setting{name: "as PID 1 and a user with many processes", pid1: true, user: 23461, most: 4000} // nobody else is that user
		on.require(t)
		s := on.start(t, web(sidecar("storm", command(on.path("child"), "storm", "30"))))
		app := s.enters("app")
		g.Eventually(s.children).WithTimeout(patience).Should(BeNumerically(">", 60)) // it rages; how high depends on the machine
		s.signal(syscall.SIGTERM)
		app.hears("SIGTERM")
		g.Expect(s.exits()).To(Equal(128 + 15))
		g.Expect(s.stderr.String()).To(Equal("supervisor | SIGTERM came; stopping web\n"))
	})
}

// children counts the supervisor's, and those that it has not awaited yet.
func (s *supervised) children() int {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%[1]d/task/%[1]d/children", s.cmd.Process.Pid))
	return len(strings.Fields(string(text)))
}
