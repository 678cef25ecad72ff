package promises_test

import (
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func testSandbox(t *testing.T, when spec.G, it spec.S) {
	Expect := NewWithT(t).Expect
	fenced := func(p *plan.Process) { p.Sandbox = &plan.Sandbox{Mode: plan.Prefer} }

	everywhere(t, when, it, "hears from its sandbox what a sidecar says of itself", func(on *setting) {
		quiet := sidecar("quiet", startup(plan.Probe{Notify: true}), fenced, command(on.path("child"), "ready"))
		s := on.start(t, web(quiet))
		s.enters("app").tell("exit", "3")
		Expect(s.exits()).To(Equal(3))
	})

	everywhere(t, when, it, "runs a sidecar's checks in its sandbox, and restarts it there", func(on *setting) {
		check := []string{on.path("child"), "fenced", "0"}
		p := sidecar("fenced", fenced, command(on.path("child"), "fenced", "1"), func(p *plan.Process) {
			p.Restart, p.MaxRestarts, p.Essential = plan.OnFailure, 1, false
		})
		waiter := sidecar("waiter", fenced, command(on.path("child"), "wait"), startup(plan.Probe{Exec: &plan.Exec{Command: check}}))
		errors := pipe(t)
		s := on.start(t, web(p, waiter), outputsApart(errors.write))
		errors.until("used up its restarts")
		s.enters("app").tell("exit", "0")
		Expect(s.exits()).To(BeZero())
		Expect(s.stdout.String()).To(Equal("fenced | in a sandbox\nfenced | in a sandbox\n"))
	})

	it("says which files a sandbox names in vain", func() {
		here, absent := t.TempDir(), filepath.Join(t.TempDir(), "absent")
		box := plan.Sandbox{Mode: plan.Prefer, Read: []string{here, "/"}, Write: []string{here, absent}}
		agent := sidecar("agent", command(plain.path("child"), "wait"), func(p *plan.Process) { p.Sandbox = &box })
		s := plain.start(t, web(agent))
		s.enters("app").tell("exit", "0")
		Expect(s.exits()).To(BeZero())
		Expect(s.stderr.String()).To(ContainSubstring(
			"supervisor | sidecar \"agent\" can't use " + absent + ", which its sandbox names, not later either: it isn't there\n"))
		Expect(s.stderr.String()).NotTo(ContainSubstring(here))
	})

	when("the kernel has no Landlock", func() {
		const missing = "the kernel has no Landlock (function not implemented): nothing but no_new_privs can be enforced\n"
		launch := func(mode plan.SandboxMode) *supervised {
			s := plain.prepare(t)
			box := plan.Sandbox{Mode: mode, Write: []string{"/absent"}}
			argv := s.supervisor(web(sidecar("agent", func(p *plan.Process) { p.Sandbox = &box })), s.puppet("app")...)
			s.launch(append([]string{plain.path("child"), "unlocked", "--"}, argv...))
			return s
		}

		it("says once what it can't keep a sidecar from, where that is preferred", func() {
			s := launch(plan.Prefer)
			s.enters("agent")
			s.enters("app").tell("exit", "0")
			Expect(s.exits()).To(BeZero())
			Expect(s.stderr.String()).To(Equal("supervisor | sidecar \"agent\" is not all in its sandbox: " + missing))
		})

		it("starts nothing where that is required", func() {
			s := launch(plan.Require)
			Expect(s.exits()).To(Equal(1))
			Expect(s.stderr.String()).To(Equal("supervisor: sidecar \"agent\" requires a sandbox, but " + missing))
		})
	})
}
