package memory_test

import (
	"strconv"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

func testKernel(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)

	it("takes the sidecar that exceeds its share, and not the app that keeps to a larger one", func() {
		c := plainImage(t).Run(t, "--memory", "256m", "--memory-swap", "256m", "--env", only(plainSidecars, "greedy"),
			"--", "touch", "180", "serve")
		Eventually(c).Should(lab.Say("has 180M"))
		score := func(pid int) int {
			score, err := strconv.Atoi(c.Exec("cat", "/proc/"+strconv.Itoa(pid)+"/oom_score_adj"))
			Expect(err).NotTo(HaveOccurred())
			return score
		}
		greedy, app := c.Process("greedy").PID, c.Process("app").PID

		// The app has 192M of 256M and the sidecar 64M: it is given the half that it lacks, in thousandths.
		Expect(score(greedy)).To(Equal(score(1) + 500))
		Expect(score(app)).To(Equal(score(1)))

		c.Detach("kill", "-USR1", strconv.Itoa(greedy))
		Expect(c.Ends()).To(Equal(137))
		Expect(outOfMemory(c)).To(BeTrue())
		Expect(c.Lines()).To(ContainElements(
			`supervisor | sidecar "greedy" was killed by SIGKILL, out of memory: the container's 256M are used up; stopping web`, "told to stop"))
	})

	it("takes one that was measured, and the supervisor says what it used then", func() {
		c := plainImage(t).Run(t, "--memory", "256m", "--memory-swap", "256m", "--env", only(plainSidecars, "measured"),
			"--", "touch", "140", "serve")
		Eventually(c).Should(lab.Say("has 140M"))
		c.Detach("pkill", "-USR1", "-x", "child")
		Expect(c.Ends()).To(Equal(137))
		Expect(c.Lines()).To(ContainElement(MatchRegexp(`^supervisor \| sidecar "measured" was killed by SIGKILL, out of memory: ` +
			`the container's 256M are used up, and it used [\d.]+M of its 64M when last measured; stopping web$`)))
	})
}

// outOfMemory reports whether the kernel has killed a process of the container because that was full.
func outOfMemory(c lab.Container) bool { return c.Inspect("{{.State.OOMKilled}}") == "true" }
