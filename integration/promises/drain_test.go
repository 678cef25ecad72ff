package promises_test

import (
	"syscall"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func testDrain(t *testing.T, when spec.G, it spec.S) {
	g := NewWithT(t)
	Expect := g.Expect

	// drained has a plan in which the app, and then the sidecar, drains: for a moment, and until its hook has ended.
	drained := func(on *setting, delay float64) (s *supervised) {
		s = on.prepare(t)
		p := web(sidecar("proxy"))
		for name, q := range map[string]*plan.Process{"app": &p.App, "proxy": &p.Sidecars[0]} {
			q.StopDelaySeconds = delay
			q.PreStop = &plan.Hook{Exec: &plan.Exec{Command: s.puppet("hook of " + name)}}
		}
		s.launch(s.supervisor(p, s.puppet("app")...), budget("60"))
		return s
	}

	everywhere(t, when, it, "has a process work until its delay and its pre-stop are over, and then tells it", func(on *setting) {
		s := drained(on, 0.1)
		proxy, app := s.enters("proxy"), s.enters("app")
		s.signal(syscall.SIGTERM)
		hook := s.enters("hook of app")
		app.do("ping")
		Expect(s.ps(app)["app"].State).To(Equal("draining"))
		hook.tell("exit", "0")
		app.hears("SIGTERM")
		hook = s.enters("hook of proxy")
		proxy.do("ping")
		hook.tell("exit", "3") // it is told all the same
		proxy.hears("SIGTERM")
		Expect(s.exits()).To(Equal(143))
		Expect(lines(&s.stderr)).To(ContainElement(MatchRegexp(`the pre-stop of sidecar "proxy" failed: .*: status 3`)))
	})

	it("ends a pre-stop that has not ended in time", func() {
		s := plain.prepare(t)
		proxy := sidecar("proxy", func(q *plan.Process) {
			q.StopGracePeriodSeconds = 5
			q.PreStop = &plan.Hook{Exec: &plan.Exec{Command: s.puppet("hook")}}
		})
		s.launch(s.supervisor(web(proxy), s.puppet("app")...), budget("0.2"))
		first, app := s.enters("proxy"), s.enters("app")
		_, problem := s.ask(app, "restart", "proxy", "--no-wait")
		Expect(problem).To(BeEmpty())
		hook := s.enters("hook")
		hook.do("start", "below", "session")
		below := s.enters("below")
		first.hears("SIGTERM")
		hook.ends()
		below.ends()
		s.enters("proxy")
		app.tell("exit", "0")
		Expect(s.exits()).To(BeZero())
		Expect(lines(&s.stderr)).To(ContainElement(`supervisor | the pre-stop of sidecar "proxy" has not ended in time`))
	})

	it("drains no longer when SIGTERM comes again", func() {
		s := drained(plain, 30)
		s.enters("proxy")
		app := s.enters("app")
		s.signal(syscall.SIGTERM)
		g.Eventually(func() string { return s.ps(app)["app"].State }).WithTimeout(patience).Should(Equal("draining"))
		s.signal(syscall.SIGTERM)
		app.hears("SIGTERM")
		Expect(s.exits()).To(Equal(143))
	})

	it("begins by hand", func() {
		s := drained(plain, 0)
		s.enters("proxy")
		app := s.enters("app")
		app.tell("run", "0", plain.path("supervisor"), "drain", "--pid", s.pid()) // which waits for the end
		s.enters("hook of app").tell("exit", "0")
		app.hears("SIGTERM")
		s.enters("hook of proxy").tell("exit", "0")
		Expect(s.exits()).To(Equal(143))
		Expect(lines(&s.stderr)).To(ContainElement("supervisor | drain was asked for; stopping web"))
	})
}
