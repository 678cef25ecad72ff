package memory_test

import (
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

// testSurvival has an app and its sidecar use all that they have. What the memory calculator leaves for threads and classes is
// lowered to what this app needs, so that all of the container is used.
func testSurvival(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually

		options = []string{
			"--memory", "1g", "--memory-swap", "1g", "--env", only(jvmSidecars, "large"), "--env", "BPL_JVM_THREAD_COUNT=40",
			"--env", "JAVA_TOOL_OPTIONS=-XX:MaxDirectMemorySize=64M -XX:ReservedCodeCacheSize=32M -XX:MaxMetaspaceSize=32M",
		}
	)

	it("lets an app with a full heap live beside a sidecar that has all of its memory", func() {
		c := jvmImage(t).Run(t, append(options, "--", "60")...)
		Eventually(c).Should(And(lab.Say("large | has 256M"), lab.Say("is full: ")))
		Expect(c.PS()).To(And(
			HaveKeyWithValue("large", HaveField("MemoryUsedBytes", BeNumerically(">", 250<<20))),
			HaveKeyWithValue("app", HaveField("MemoryUsedBytes", BeNumerically(">", 600<<20)))))
		Expect(c.Ends()).To(Equal(0))
		Expect(c).To(lab.Say("has been full all the time"))
		Expect(outOfMemory(c)).To(BeFalse())
	})

	it("has the same image killed where the policy is off", func() {
		c := jvmImage(t).Run(t, append(options, "--env", "BPL_SIDECAR_MEMORY_POLICY=off", "--", "60")...)
		Expect(c.Ends()).To(Equal(137))
		Expect(outOfMemory(c)).To(BeTrue())
		Expect(c).NotTo(lab.Say("has been full all the time"))
	})
}
