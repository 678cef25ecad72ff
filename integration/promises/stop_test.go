package promises_test

import (
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func testStop(t *testing.T, when spec.G, it spec.S) {
	Expect := NewWithT(t).Expect
	soon := BeNumerically("<", patience/2)

	everywhere(t, when, it, "stops the app first and sidecars against their dependencies, and exits as the app does", func(on *setting) {
		s := on.start(t, web(sidecar("vault"), sidecar("config-server", dependsOn("vault", plan.Started))), budget("60"))
		puppets := []*puppet{s.enters("app"), s.enters("config-server"), s.enters("vault")}
		for _, p := range puppets {
			p.do("endure")
		}
		s.signal(syscall.SIGTERM)
		var last int64
		for _, p := range puppets {
			Expect(p.hears("SIGTERM")).To(BeNumerically(">", last), "%s has heard it before the one before it was gone", p.name)
			last = now()
			p.tell("exit", map[string]string{"app": "3"}[p.name]+"0")
		}
		Expect(s.exits()).To(Equal(30))
		Expect(lines(&s.stderr)).To(HaveExactElements("supervisor | SIGTERM came; stopping web"))
	})

	everywhere(t, when, it, "kills an app that ignores SIGTERM when the budget is used up", func(on *setting) {
		s := on.start(t, web(sidecar("config-server")), budget("2"))
		config, app := s.enters("config-server"), s.enters("app")
		app.do("ignore", "SIGTERM")
		s.signal(syscall.SIGTERM)
		config.hears("SIGTERM")
		Expect(s.exits()).To(Equal(137))
		Expect(s.took).To(soon)
	})

	everywhere(t, when, it, "kills a sidecar that outlives its grace, and what is below it", func(on *setting) {
		s := on.start(t, web(sidecar("config-server", grace(0.1))), budget("60"))
		config, app := s.enters("config-server"), s.enters("app")
		config.do("ignore", "SIGTERM")
		config.do("start", "worker", "plain")
		worker := s.enters("worker")
		app.tell("exit", "0")
		Expect(s.exits()).To(BeZero())
		worker.ends()
		Expect(s.took).To(soon)
		Expect(s.stderr.String()).To(MatchRegexp(`^supervisor \| sidecar "config-server" has not ended .* after SIGTERM; killing it\n$`))
	})

	everywhere(t, when, it, "hurries when SIGTERM comes again", func(on *setting) {
		s := on.start(t, web(sidecar("config-server", grace(60))), budget("60"))
		config, app := s.enters("config-server"), s.enters("app")
		config.do("endure")
		app.do("endure")
		s.signal(syscall.SIGTERM)
		app.hears("SIGTERM")
		s.signal(syscall.SIGTERM)
		config.hears("SIGTERM")
		Expect(s.exits()).To(Equal(137))
		Expect(s.took).To(soon)
	})

	it("stops while it still starts, and never starts the app", func() {
		s := plain.start(t, web(sidecar("config-server", startup(plan.Probe{Notify: true}))))
		config := s.enters("config-server")
		s.signal(syscall.SIGTERM)
		config.hears("SIGTERM")
		Expect(s.exits()).To(Equal(143))
		Expect(s.entered("app")).To(BeFalse())
	})

	it("sends each sidecar its own stop signal", func() {
		nginx := sidecar("nginx")
		nginx.StopSignal = "SIGQUIT"
		s := plain.start(t, web(nginx))
		n := s.enters("nginx")
		s.enters("app").tell("exit", "0")
		n.hears("SIGQUIT")
		Expect(s.exits()).To(BeZero())
	})

	it("tells the app by its own stop signal, and a sidecar by SIGTERM", func() {
		p := web(sidecar("php-fpm"))
		p.App.StopSignal = "SIGQUIT"
		s := plain.start(t, p)
		fpm, app := s.enters("php-fpm"), s.enters("app")
		app.do("endure")
		s.signal(syscall.SIGTERM)
		app.hears("SIGQUIT")
		app.tell("exit", "0")
		fpm.hears("SIGTERM")
		Expect(s.exits()).To(BeZero())
	})

	it("takes no longer than it has to", func() {
		s := plain.start(t, web(sidecar("a"), sidecar("b")), budget("60"))
		s.enters("a")
		s.enters("b")
		s.enters("app")
		began := time.Now()
		s.signal(syscall.SIGTERM)
		Expect(s.exits()).To(Equal(143))
		Expect(time.Since(began)).To(BeNumerically("<", 5*time.Second))
	})
}
