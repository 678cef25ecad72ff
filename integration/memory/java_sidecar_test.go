package memory_test

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

// testJavaSidecar has two JVMs in one container, of the sizes of Cloud Foundry's tutorial.
func testJavaSidecar(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)
	options := []string{"--memory", "1g", "--env", only(jvmSidecars, "java")}

	it("keeps to its share with everything full, and the app to its own", func() {
		c := jvmImage(t).Run(t, append(options, "--", "600")...)
		Eventually(c).WithTimeout(patience).Should(And(lab.Say("java | is full: "), lab.Say("is full: ")))
		Expect(c.PS()).To(HaveKeyWithValue("java", HaveField("MemoryUsedBytes", BeNumerically("<=", 256<<20))))
		c.Stop()
		Expect(outOfMemory(c)).To(BeFalse())
	})

	it("has regions of its own instead of the app's", func() {
		c := jvmImage(t).Run(t, append(options, "--env", "JDK_JAVA_OPTIONS=-Xmx150m -Da=b")...)
		Eventually(c).Should(And(lab.Say("java | is up"), lab.Say("is up")))
		app, java := environment(c, "app"), environment(c, "java")
		Expect(app).To(MatchRegexp(`(?m)^JAVA_TOOL_OPTIONS=.* -Xmx\d+K `))
		Expect(app).To(MatchRegexp(`(?m)^JDK_JAVA_OPTIONS=-Xmx150m -Da=b$`))
		Expect(java).To(MatchRegexp(`(?m)^JAVA_TOOL_OPTIONS=-XX:\+ExitOnOutOfMemoryError -XX:MaxDirectMemorySize=10M -Xmx53930K `))
		Expect(java).To(MatchRegexp(`(?m)^JDK_JAVA_OPTIONS=-Da=b$`))
	})

	for _, option := range [][2]string{
		{"a debugger", "-agentlib:jdwp=transport=dt_socket,server=y,address=0.0.0.0:8000,suspend=n"},
		{"JMX", "-Dcom.sun.management.jmxremote.port=5000 -Dcom.sun.management.jmxremote.authenticate=false " +
			"-Dcom.sun.management.jmxremote.ssl=false"},
		{"a recording", "-XX:StartFlightRecording=dumponexit=true,filename=/tmp/recording.jfr"},
	} {
		it("leaves "+option[0]+" to the app, also where nothing is divided", func() {
			for _, policy := range []string{"fail", "off"} {
				c := jvmImage(t).Run(t, append(options, "--env", "BPL_SIDECAR_MEMORY_POLICY="+policy, "--env", "JAVA_TOOL_OPTIONS="+option[1])...)
				Eventually(c).Should(And(lab.Say("java | is up"), lab.Say("is up")))
				flag, _, _ := strings.Cut(option[1], "=")
				Expect(environment(c, "app")).To(ContainSubstring(flag))
				Expect(environment(c, "java")).NotTo(ContainSubstring(flag))
				Expect(c.PS()).To(HaveEach(HaveField("State", "running")))
			}
		})
	}
}
