package promises_test

import (
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func testWishes(t *testing.T, when spec.G, it spec.S) {
	Expect := NewWithT(t).Expect

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
		Expect(s.stderr.String()).To(BeEmpty())
	})

	it("waits till a restarted sidecar is past its startup probe", func() {
		s := plain.start(t, web(sidecar("config-server", startup(plan.Probe{Notify: true, FailureThreshold: 100}))))
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
		s := plain.start(t, web(sidecar("flaky", optional, startup(plan.Probe{Notify: true, FailureThreshold: 100}))))
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
