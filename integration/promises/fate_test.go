package promises_test

import (
	"syscall"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func testFate(t *testing.T, when spec.G, it spec.S) {
	Expect := NewWithT(t).Expect

	everywhere(t, when, it, "stops all when a sidecar is killed, says so and exits as it did", func(on *setting) {
		s := on.start(t, web(sidecar("config-server"), sidecar("proxy")))
		config, proxy, app := s.enters("config-server"), s.enters("proxy"), s.enters("app")
		app.do("endure")
		config.kill(syscall.SIGKILL)
		app.hears("SIGTERM")
		gone := now()
		app.tell("exit", "0")
		Expect(proxy.hears("SIGTERM")).To(BeNumerically(">", gone))
		Expect(s.exits()).To(Equal(137))
		Expect(lines(&s.stderr)).To(HaveExactElements(
			MatchRegexp(`^supervisor \| sidecar "config-server" was killed by SIGKILL, .*by hand.*; stopping web$`),
			MatchRegexp(`^supervisor \| exit code 137: sidecar "config-server" was killed by SIGKILL, .*by hand.*$`)))
	})

	it("stops all when a sidecar exits with 0, and does not call that a success", func() {
		s := plain.start(t, web(sidecar("config-server")))
		app := s.enters("app")
		s.enters("config-server").tell("exit", "0")
		app.hears("SIGTERM")
		Expect(s.exits()).To(Equal(1))
		Expect(lines(&s.stderr)).To(HaveExactElements(
			`supervisor | sidecar "config-server" exited with status 0; stopping web`,
			`supervisor | exit code 1: sidecar "config-server" exited with status 0`))
	})

	it("goes on without a sidecar that is not essential", func() {
		metrics := sidecar("metrics")
		metrics.Essential = false
		s := plain.start(t, web(metrics))
		app := s.enters("app")
		m := s.enters("metrics")
		m.tell("exit", "9")
		m.ends()
		app.tell("exit", "0")
		Expect(s.exits()).To(BeZero())
	})

	it("restarts a sidecar that fails, where it may", func() {
		flaky := sidecar("flaky")
		flaky.Restart = plan.OnFailure
		s := plain.start(t, web(flaky))
		app := s.enters("app")
		s.enters("flaky").tell("exit", "9")
		s.enters("flaky")
		app.tell("exit", "0")
		Expect(s.exits()).To(BeZero())
		Expect(lines(&s.stderr)).To(ConsistOf(`supervisor | sidecar "flaky" exited with status 9; restarting it in 1s`))
	})
}
