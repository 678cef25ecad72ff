package promises_test

import (
	"bufio"
	"encoding/json"
	"os/exec"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func testTimeline(t *testing.T, when spec.G, it spec.S) {
	g := NewWithT(t)
	Expect := g.Expect

	everywhere(t, when, it, "shows what happened, and what held up the start", func(on *setting) {
		s := on.start(t, web(
			sidecar("vault", readiness(plan.Probe{Notify: true})),
			sidecar("agent", dependsOn("vault", plan.Ready)),
			sidecar("quick"),
		))
		s.enters("quick")
		s.enters("vault").do("notify", "READY=1")
		s.enters("agent")
		app := s.enters("app")
		answer, err := s.ask(app, "events")
		Expect(err).To(BeEmpty(), answer)
		Expect(answer).To(MatchRegexp(`(?s)^ +\d+\.\d{3}s  sidecar "vault" started\n.* {2}web started\n\n` +
			`app was started after \d+\.\d{3}s. It was held up by:\n +\d+\.\d{3}s  vault until ready\n +\d+\.\d{3}s  agent until started\n$`))

		answer, err = s.ask(app, "events", "--json")
		Expect(err).To(BeEmpty(), answer)
		var shown struct {
			Events []struct {
				Seconds     float64
				Level, Text string
			}
			CriticalChain []struct{ Name, Until string }
		}
		Expect(json.Unmarshal([]byte(answer), &shown)).To(Succeed(), answer)
		Expect(shown.Events).To(ContainElement(And(HaveField("Text", "web started"), HaveField("Level", "debug"))))
		Expect(shown.CriticalChain).To(HaveLen(3))
		Expect(shown.CriticalChain[0].Name + " " + shown.CriticalChain[0].Until).To(Equal("vault ready"))
	})

	it("names who held up the start until it failed, where that went on without it", func() {
		failing := plan.Probe{TCPSocket: &plan.TCPSocket{Port: 1}, PeriodSeconds: 1, TimeoutSeconds: 1, SuccessThreshold: 1, FailureThreshold: 1}
		s := plain.start(t, web(sidecar("vault", startup(failing), optional), sidecar("quick")))
		s.enters("vault")
		s.enters("quick")
		answer, err := s.ask(s.enters("app"), "events")
		Expect(err).To(BeEmpty(), answer)
		Expect(answer).To(MatchRegexp(`(?s)held up by:\n +\d+\.\d{3}s  vault until failed\n$`))
	})

	everywhere(t, when, it, "keeps a process's last lines where that is wanted", func(on *setting) {
		s := on.start(t, web(sidecar("config-server")), environ("BPL_SIDECAR_LOG_BUFFER=4K"))
		config, app := s.enters("config-server"), s.enters("app")
		lines := func() string {
			answer, err := s.ask(app, "logs", "config-server")
			Expect(err).To(BeEmpty(), answer)
			return answer
		}
		config.do("write", "1", "to stdout\n")
		g.Eventually(lines).WithTimeout(patience).Should(Equal("to stdout\n"))
		config.do("write", "2", "to stderr\n")
		g.Eventually(lines).WithTimeout(patience).Should(Equal("to stdout\nto stderr\n"))

		answer, err := s.ask(app, "logs", "app")
		Expect(err).To(Equal("exit status 1"))
		Expect(answer).To(HavePrefix("supervisor: app writes its output itself, so none of it is kept"))
	})

	it("follows a process's lines", func() {
		s := plain.start(t, web(sidecar("config-server")), environ("BPL_SIDECAR_LOG_BUFFER=4K"))
		config := s.enters("config-server")
		s.enters("app")
		config.do("write", "1", "before\n")
		client := exec.Command(plain.path("supervisor"), "logs", "-f", "config-server", "--pid", s.pid())
		output, err := client.StdoutPipe()
		Expect(err).NotTo(HaveOccurred())
		Expect(client.Start()).To(Succeed())
		lines := bufio.NewReader(output)
		Expect(lines.ReadString('\n')).To(Equal("before\n"))
		config.do("write", "1", "after\n")
		Expect(lines.ReadString('\n')).To(Equal("after\n"))
		config.tell("exit", "0")
		Expect(s.exits()).To(Equal(1))
		Expect(client.Wait()).To(Succeed(), "its connection ends with the supervisor")
	})

	it("says how to have lines kept", func() {
		s := plain.start(t, web(sidecar("config-server")))
		s.enters("config-server")
		answer, _ := s.ask(s.enters("app"), "logs", "config-server")
		Expect(answer).To(HavePrefix("supervisor: no lines are kept: set BPL_SIDECAR_LOG_BUFFER"))
	})
}
