package promises_test

import (
	"os"
	"os/exec"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func testWishes(t *testing.T, when spec.G, it spec.S) {
	g := NewWithT(t)
	Expect := g.Expect

	// asks has a puppet ask, whose answer comes later.
	asks := func(s *supervised, p *puppet, words ...string) {
		argv := append([]string{"run", "0", s.on.path("supervisor")}, words...)
		p.tell(append(argv, "--pid", s.pid())...)
	}

	everywhere(t, when, it, "stops a sidecar till somebody starts it again", func(on *setting) {
		s := on.start(t, web(sidecar("config-server", func(p *plan.Process) { p.Restart = plan.Always })))
		first, app := s.enters("config-server"), s.enters("app")
		answer, err := s.ask(app, "stop", "config-server")
		Expect(err).To(BeEmpty(), answer)
		Expect(answer).To(Equal("sidecar \"config-server\" has stopped: it was told to stop and was killed by SIGTERM\n"))
		first.ends()
		Expect(s.ps(app)["config-server"].State).To(Equal("stopped"))
		answer, err = s.ask(app, "stop", "config-server")
		Expect(err).To(BeEmpty())
		Expect(answer).To(Equal("sidecar \"config-server\" does not run\n"))

		answer, err = s.ask(app, "start", "config-server")
		Expect(err).To(BeEmpty(), answer)
		Expect(answer).To(MatchRegexp(`^sidecar "config-server" has started: PID \d+\n$`))
		second := s.enters("config-server")
		answer, err = s.ask(app, "start", "config-server")
		Expect(err).To(BeEmpty(), answer)
		Expect(s.ps(app)["config-server"].Restarts).To(Equal(1), "it runs already")
		app.tell("exit", "0")
		second.hears("SIGTERM")
		Expect(s.exits()).To(BeZero())
		Expect(lines(&s.stderr)).To(Equal([]string{
			`supervisor | sidecar "config-server" is stopped as asked`, `supervisor | sidecar "config-server" is started as asked`,
		}), "once each")
	})

	it("waits till a restarted sidecar is past its startup probe", func() {
		s := plain.start(t, web(sidecar("config-server", startup(plan.Probe{Notify: true}))))
		s.enters("config-server").do("notify", "READY=1")
		app := s.enters("app")
		asks(s, app, "restart", "config-server")
		second := s.enters("config-server")
		Expect(app.answers).NotTo(Receive())
		second.do("notify", "READY=1")
		m := <-app.answers
		Expect(m.Error).To(BeEmpty(), m.Answer)
		Expect(m.Answer).To(HavePrefix(`sidecar "config-server" has started: PID `))
	})

	it("says when a restarted sidecar has ended again", func() {
		s := plain.start(t, web(sidecar("flaky", optional, startup(plan.Probe{Notify: true}))))
		s.enters("flaky").do("notify", "READY=1")
		app := s.enters("app")
		asks(s, app, "restart", "flaky")
		s.enters("flaky").tell("exit", "7")
		m := <-app.answers
		Expect(m.Error).To(Equal("exit status 1"))
		Expect(m.Answer).To(Equal("supervisor: it exited with status 7\n"))
	})

	it("does not wait where that is not wanted", func() {
		s := plain.start(t, web(sidecar("stubborn", grace(60))))
		stubborn, app := s.enters("stubborn"), s.enters("app")
		stubborn.do("ignore", "SIGTERM")
		answer, err := s.ask(app, "restart", "--no-wait", "stubborn")
		Expect(err).To(BeEmpty())
		Expect(answer).To(BeEmpty())
		Expect(s.ps(app)["stubborn"].State).To(Equal("stopping"))
	})

	it("keeps nothing of who has gone without waiting for the outcome", func() {
		s := plain.start(t, web(sidecar("slow", startup(plan.Probe{Notify: true, PeriodSeconds: 0.1, FailureThreshold: 1e6}))))
		slow := s.enters("slow")
		descriptors := func() int {
			entries, err := os.ReadDir("/proc/" + s.pid() + "/fd")
			Expect(err).NotTo(HaveOccurred())
			return len(entries)
		}
		var before int
		Expect(s.ps(slow)).To(HaveKey("slow"))
		g.Eventually(func() bool { last := before; before = descriptors(); return last == before }, patience, "300ms").Should(BeTrue())
		const clients = 5
		var all []*exec.Cmd
		for range clients {
			c := exec.Command(plain.path("supervisor"), "start", "slow", "--pid", s.pid())
			Expect(c.Start()).To(Succeed())
			all = append(all, c)
		}
		g.Eventually(descriptors).WithTimeout(patience).Should(BeNumerically(">=", before+clients))
		for _, c := range all {
			Expect(c.Process.Kill()).To(Succeed())
			_ = c.Wait()
		}
		g.Eventually(descriptors).WithTimeout(patience).Should(BeNumerically("<=", before))
		slow.do("notify", "READY=1")
		s.enters("app").tell("exit", "0")
		Expect(s.exits()).To(BeZero())
	})

	everywhere(t, when, it, "drains everything in order", func(on *setting) {
		s := on.start(t, web(sidecar("config-server")))
		config, app := s.enters("config-server"), s.enters("app")
		app.do("endure")
		asks(s, config, "drain")
		app.hears("SIGTERM")
		app.tell("exit", "3")
		config.hears("SIGTERM")
		Expect(s.exits()).To(Equal(3))
	})
}
