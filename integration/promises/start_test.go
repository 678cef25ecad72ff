package promises_test

import (
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func testStart(t *testing.T, when spec.G, it spec.S) {
	Expect := NewWithT(t).Expect

	everywhere(t, when, it, "starts each when what it depends on has started, and the app last", func(on *setting) {
		s := on.start(t, web(
			sidecar("vault", startup(plan.Probe{Notify: true})),
			sidecar("config-server", dependsOn("vault", plan.Started), startup(plan.Probe{Notify: true})),
		))
		vault := s.enters("vault")
		Expect(s.entered("config-server")).To(BeFalse())
		vault.do("notify", "READY=1")

		config := s.enters("config-server")
		Expect(s.entered("app")).To(BeFalse())
		config.do("notify", "READY=1")

		s.enters("app").tell("exit", "0")
		Expect(s.exits()).To(BeZero())
	})

	it("starts at once what waits for nothing", func() {
		s := plain.start(t, web(sidecar("a"), sidecar("b"), sidecar("c")))
		for _, name := range []string{"a", "b", "c", "app"} {
			s.enters(name)
		}
	})

	it("waits for the completion of a sidecar whose end is its purpose", func() {
		migrate := sidecar("migrate")
		migrate.Essential = false
		s := plain.start(t, web(migrate, sidecar("proxy", dependsOn("migrate", plan.Completed))))
		first := s.enters("migrate")
		Expect(s.entered("proxy")).To(BeFalse())
		first.tell("exit", "0")
		s.enters("proxy")
		s.enters("app").tell("exit", "0")
		Expect(s.exits()).To(BeZero())
	})

	it("fails at once when what is waited for can't come any more, and names it", func() {
		s := plain.start(t, web(
			sidecar("vault", startup(plan.Probe{Notify: true})),
			sidecar("config-server", dependsOn("vault", plan.Started)),
		))
		s.enters("vault").tell("exit", "3")
		Expect(s.exits()).To(Equal(3))
		Expect(lines(&s.stderr)).To(ContainElement(`supervisor | sidecar "vault" exited with status 3; stopping web`))
		Expect(s.entered("config-server")).To(BeFalse())
		Expect(s.entered("app")).To(BeFalse())
	})
}
