package memory_test

import (
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
)

// testJavaSidecar has two JVMs in one container, of the sizes of Cloud Foundry's tutorial.
func testJavaSidecar(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)
	options := []string{"--memory", "1g", "--env", only(jvmSidecars, "java")}

	it("keeps to its share, and the app to its own, with both heaps full", func() {
		c := jvmImage(t).run(t, append(options, "--", "20")...)
		Eventually(c).Should(And(say("java | is full: "), say("is full: ")))
		Expect(c.ps()).To(HaveKeyWithValue("java", HaveField("MemoryUsedBytes", BeNumerically("<=", 256<<20))))
		Expect(c.ends()).To(Equal(0))
		Expect(c).To(say("has been full all the time"))
		Expect(c.outOfMemory()).To(BeFalse())
	})

	it("doesn't inherit the app's heap", func() {
		c := jvmImage(t).run(t, options...)
		Eventually(c).Should(And(say("java | is up"), say("is up")))
		processes, err := c.ps()
		Expect(err).NotTo(HaveOccurred())
		app, java := c.environment(processes["app"].PID), c.environment(processes["java"].PID)
		Expect(app).To(MatchRegexp(`(?m)^JAVA_TOOL_OPTIONS=.* -Xmx\d+K `))
		Expect(java).To(MatchRegexp(`(?m)^JAVA_TOOL_OPTIONS=-XX:\+ExitOnOutOfMemoryError -XX:MaxRAM=268435456$`))
	})
}
