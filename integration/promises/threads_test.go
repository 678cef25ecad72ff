package promises_test

import (
	"strconv"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// A parent-death signal comes when the thread that started a process ends, and Go ends threads as it likes.
func testThreads(t *testing.T, _ spec.G, it spec.S) {
	Expect := NewWithT(t).Expect

	for procs := 1; procs <= 4; procs++ {
		it("ends no child early, with GOMAXPROCS="+strconv.Itoa(procs), func() {
			const restarts = 25
			busy := liveness(plan.Probe{Exec: &plan.Exec{Command: []string{plain.path("child"), "exit", "0"}}, PeriodSeconds: 0.005})
			s := plain.start(t, web(sidecar("a", busy), sidecar("b", busy), sidecar("flaky")), environ("GOMAXPROCS="+strconv.Itoa(procs)))
			steady := []*puppet{s.enters("a"), s.enters("b"), s.enters("app")}
			app := steady[2]
			for range restarts {
				flaky := s.enters("flaky")
				_, err := s.ask(app, "restart", "flaky")
				Expect(err).To(BeEmpty())
				flaky.hears("SIGTERM")
			}
			s.enters("flaky").do("ping")
			for _, p := range steady {
				p.do("ping")
			}
			app.tell("exit", "0")
			Expect(s.exits()).To(BeZero())
			Expect(lines(&s.stderr)).To(HaveEach(`supervisor | sidecar "flaky" is restarted as asked`))
		})
	}
}
