package memory_test

import (
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

// testTold shows what other runtimes than the JVM are told, and what the kernel and people are.
func testTold(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)

	it("tells each runtime its share", func() {
		c := plainImage(t).Run(t, "--memory", "512m", "--env", only(plainSidecars, "talkative"), "--env", "NODE_HOME=/node",
			"--", "env", "MEMORY_LIMIT", "env", "GOMEMLIMIT", "env", "NODE_OPTIONS", "env", "DOTNET_GCHeapHardLimit", "serve")
		Eventually(c).Should(And(lab.Say("DOTNET"), lab.Say("talkative | DOTNET")))
		Expect(c.Lines()).To(ContainElements(
			"MEMORY_LIMIT=448m",
			"GOMEMLIMIT=422785836",              // nine tenths
			"NODE_OPTIONS=",                     // Node.js takes less by itself,
			"DOTNET_GCHeapHardLimit=0x15000000", // 336M
			"talkative | MEMORY_LIMIT=64m",
			"talkative | GOMEMLIMIT=60397974",
			"talkative | NODE_OPTIONS=--max-old-space-size=48",
			"talkative | DOTNET_GCHeapHardLimit=0x3000000"))
	})

	it("shows people what is used of it", func() {
		c := plainImage(t).Run(t, "--memory", "512m", "--env", only(plainSidecars, "steady"), "--", "serve")
		Eventually(c).Should(lab.Say("steady | has 64M"))
		Expect(c.Exec(lab.Supervisor, "ps")).To(And(
			MatchRegexp(`(?m)^steady +\d+ +running .* 6[34]\.\dM of 64M `),
			MatchRegexp(`(?m)^app +\d+ +running .* \d\.\dM of 448M `)))
	})
}
