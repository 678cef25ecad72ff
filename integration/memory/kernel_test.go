package memory_test

import (
	"strconv"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
)

func testKernel(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)

	it("takes the sidecar that exceeds its share, and not the app that keeps to a larger one", func() {
		c := plainImage(t).run(t, "--memory", "256m", "--memory-swap", "256m", "--env", only(plainSidecars, "greedy"),
			"--", "touch", "180", "serve")
		Eventually(c).Should(say("has 180M"))
		all, err := c.ps()
		Expect(err).NotTo(HaveOccurred())
		greedy := strconv.Itoa(all["greedy"].PID)

		// The app has 192M of 256M and the sidecar 64M: it is given the half that it lacks, in thousandths.
		Expect(c.score(all["greedy"].PID)).To(Equal(c.score(1) + 500))
		Expect(c.score(all["app"].PID)).To(Equal(c.score(1)))

		c.exec("kill", "-USR1", greedy)
		Expect(c.ends()).To(Equal(137))
		Expect(c.outOfMemory()).To(BeTrue())
		Expect(c.lines()).To(ContainElements(`sidecar "greedy" exited with status 137; stopping web`, "told to stop"))
	})
}

// score is the oom_score_adj of a process of the container.
func (c container) score(pid int) int {
	c.t.Helper()
	score, err := strconv.Atoi(c.exec("cat", "/proc/"+strconv.Itoa(pid)+"/oom_score_adj"))
	if err != nil {
		c.t.Fatal(err)
	}
	return score
}
