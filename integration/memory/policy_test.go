package memory_test

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
)

// testPolicy has sidecars that take 24M of their 16M.
func testPolicy(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)

	it("does what the sidecar's memory-policy says, and the app lives on", func() {
		c := plainImage(t).run(t, "--memory", "256m", "--env", only(plainSidecars, "warned", "restarted", "stopped"), "--", "serve")
		Eventually(c).Should(have("restarted", And(HaveField("Restarts", BeNumerically(">=", 1)), HaveField("State", "running"))))
		Eventually(c).Should(have("stopped", And(
			HaveField("State", "ended"), HaveField("LastEnd", MatchRegexp("uses 2[34]M, more than its 16M")))))
		Expect(c.ps()).To(And(
			HaveKeyWithValue("warned", And(HaveField("State", "running"), HaveField("Restarts", 0))),
			HaveKeyWithValue("app", HaveField("State", "running"))))
		Expect(c.lines()).To(ContainElements(
			MatchRegexp(`^sidecar "warned" uses 2[34]M, more than its 16M of memory$`),
			MatchRegexp(`^sidecar "restarted" uses 2[34]M, more than its 16M of memory; restarting it$`),
			MatchRegexp(`^sidecar "stopped" uses 2[34]M, more than its 16M of memory; stopping it$`),
			"restarted | told to stop", "stopped | told to stop"))
		Expect(strings.Count(c.logs(), `sidecar "warned"`)).To(Equal(1))
	})

	it("ends the app where the sidecar that it stops is essential", func() {
		c := plainImage(t).run(t, "--memory", "256m", "--env", only(plainSidecars, "fatal"), "--", "serve")
		Expect(c.ends()).To(Equal(1))
		Expect(c.lines()).To(ContainElements(MatchRegexp(`^sidecar "fatal" uses 2[34]M, more than its 16M of memory; stopping it$`),
			MatchRegexp(`^sidecar "fatal" .*; stopping web$`), "told to stop"))
	})
}
