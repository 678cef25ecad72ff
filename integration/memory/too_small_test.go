package memory_test

import (
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

func testTooSmall(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)
	const arithmetic = "memory: steady 64M + talkative 64M = 128M leave nothing of the container's 100M for web " +
		"(/sys/fs/cgroup/memory/memory.limit_in_bytes): give the container more or them less"
	options := []string{"--memory", "100m", "--env", only(plainSidecars, "steady", "talkative")}
	serve := []string{"--", "env", "MEMORY_LIMIT", "serve"}

	it("starts nothing in a container that the sidecars have all of", func() {
		c := plainImage(t).Run(t, append(options, serve...)...)
		Expect(c.Ends()).To(Equal(1))
		Expect(c.Logs()).To(Equal("supervisor: " + arithmetic + ", or set BPL_SIDECAR_MEMORY_POLICY=warn"))
	})

	it("says it and divides nothing where the policy is warn", func() {
		c := plainImage(t).Run(t, append(append(options, "--env", "BPL_SIDECAR_MEMORY_POLICY=warn"), serve...)...)
		Eventually(c).Should(And(
			lab.Say("supervisor | "+arithmetic+": nothing is divided"), lab.Say("steady | has 64M"), lab.Say("MEMORY_LIMIT=")))
		Expect(c.Lines()).To(ContainElement("MEMORY_LIMIT="))
	})

	it("counts the total that it is told instead of the container's limit", func() {
		c := plainImage(t).Run(t, append(append(options, "--env", "BPL_SIDECAR_MEMORY_TOTAL=1G"), serve...)...)
		Eventually(c).Should(lab.Say("MEMORY_LIMIT=896m"))
	})
}
