package memory_test

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

// testPolicy has sidecars that take 24M of their 16M.
func testPolicy(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)

	it("does what the sidecar's memory-policy says, and the app lives on", func() {
		c := plainImage(t).Run(t, "--memory", "256m", "--env", only(plainSidecars, "warned", "restarted", "stopped"), "--", "serve")
		Eventually(c).Should(lab.Have("restarted", And(HaveField("Restarts", BeNumerically(">=", 1)), HaveField("State", "running"))))
		Eventually(c).Should(lab.Have("stopped", And(
			HaveField("State", "ended"), HaveField("LastEnd", MatchRegexp(`uses (1[7-9]M|2[0-4]M|1[67]\d{3}K), more than its 16M`)))))
		Expect(c.PS()).To(And(
			HaveKeyWithValue("warned", And(HaveField("State", "running"), HaveField("Restarts", 0))),
			HaveKeyWithValue("app", HaveField("State", "running"))))
		Eventually(c.Lines).Should(ContainElements(
			MatchRegexp(`^supervisor \| sidecar "warned" uses (1[7-9]M|2[0-4]M|1[67]\d{3}K), more than its 16M of memory$`),
			MatchRegexp(`^supervisor \| sidecar "restarted" uses (1[7-9]M|2[0-4]M|1[67]\d{3}K), more than its 16M of memory; restarting it$`),
			MatchRegexp(`^supervisor \| sidecar "stopped" uses (1[7-9]M|2[0-4]M|1[67]\d{3}K), more than its 16M of memory; stopping it$`),
			"restarted | told to stop", "stopped | told to stop"))
		Expect(strings.Count(c.Logs(), `sidecar "warned"`)).To(Equal(1))
	})

	it("ends the app where the sidecar that it stops is essential", func() {
		c := plainImage(t).Run(t, "--memory", "256m", "--env", only(plainSidecars, "fatal"), "--", "serve")
		Expect(c.Ends()).To(Equal(1))
		Expect(c.Lines()).To(ContainElements(
			MatchRegexp(`^supervisor \| sidecar "fatal" uses (1[7-9]M|2[0-4]M|1[67]\d{3}K), more than its 16M of memory; stopping it$`),
			MatchRegexp(`^supervisor \| sidecar "fatal" .*; stopping web$`), "told to stop"))
	})

	for _, name := range []string{"leaking", "forked", "later"} {
		it("catches one that leaks 100M a second before the container is full: "+name, func() {
			c := plainImage(t).Run(t, "--memory", "400m", "--memory-swap", "400m", "--env", only(plainSidecars, name),
				"--", "touch", "140", "serve") // which leaves 260M, as much as leaks in three seconds
			Eventually(c).Should(lab.Say("has 140M"))
			if name != "later" { // which leaks by itself
				c.Exec("pkill", "-USR1", "-x", "child")
			}
			Eventually(c).Should(lab.Have(name, HaveField("State", "ended")))
			const used = `((6[5-9]|[7-9]\d|1\d\d|2[0-5]\d)M|6[56]\d{3}K)`
			Eventually(c.Lines).Should(ContainElement(MatchRegexp(
				`^supervisor \| sidecar "` + name + `" uses ` + used + `, more than its 64M of memory; stopping it$`)))
			Expect(c.PS()).To(HaveKeyWithValue("app", HaveField("State", "running")))
			Expect(outOfMemory(c)).To(BeFalse())
		})
	}

	for _, of := range [][2]string{
		{"limited", "cannot allocate memory"},
		{"go", "fatal error: runtime: .*memory"},
		{"ruby", "NoMemoryError"},
	} {
		name, says := of[0], of[1]
		it("has the allocation of one with a limit fail, and nobody is killed: "+name, func() {
			c := plainImage(t).Run(t, "--memory", "256m", "--memory-swap", "256m", "--env", only(plainSidecars, name), "--", "touch", "140", "serve")
			Eventually(c).Should(lab.Have(name, HaveField("State", "ended")))
			Eventually(c.Lines).Should(ContainElement(MatchRegexp("^" + name + ` \| ` + says)))
			Expect(c.PS()).To(HaveKeyWithValue("app", HaveField("State", "running")))
			Expect(outOfMemory(c)).To(BeFalse())
		})
	}

	// It may have 4G of direct memory by its own options. The container has 1G, and the app's heap is no larger than without it.
	it("has the allocation of a JVM with a limit fail as Java's own error", func() {
		c := jvmImage(t).Run(t, "--memory", "1g", "--memory-swap", "1g", "--env", only(jvmSidecars, "unbounded"))
		Eventually(c).Should(lab.Have("unbounded", HaveField("State", "ended")))
		Eventually(c.Lines).Should(ContainElements(
			MatchRegexp(`^unbounded \| is full: heap \d+M of \d+M, \d{2,3}M of direct memory$`), "unbounded | has been full all the time"))
		Expect(c.PS()).To(HaveKeyWithValue("app", HaveField("State", "running")))
		Expect(outOfMemory(c)).To(BeFalse())
	})
}
