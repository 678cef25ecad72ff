package integration_test

import (
	"syscall"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

func testFate(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)

	onBothImages(t, when, it, "gives the container the status of a sidecar that crashed", func(image lab.Image) {
		c := image.Run(t)
		Eventually(c).Should(lab.Say("bystander | up"))
		c.Kill("bystander", syscall.SIGKILL)
		Expect(c.Ends()).To(Equal(137))
		Expect(c.Lines()).To(ContainElements(
			`supervisor | sidecar "bystander" was killed by SIGKILL, by hand or by another process; stopping web`,
			"told to stop")) // the app
	})

	onBothImages(t, when, it, "ends the sidecar with an app that completes", func(image lab.Image) {
		c := image.Run(t, "--", "say", "nearly done", "await", "exit", "0")
		Eventually(c).Should(And(lab.Say("nearly done"), lab.Say("bystander | up")))
		c.Kill("app", syscall.SIGUSR1) // it goes on then
		Expect(c.Ends()).To(Equal(0))
		Expect(c.Lines()).To(ContainElement("bystander | told to stop"))
	})

	onBothImages(t, when, it, "gives the container the status of an app that fails", func(image lab.Image) {
		Expect(image.Run(t, "--", "exit", "42").Ends()).To(Equal(42))
	})

	// As PID 1 it would have the kernel do that; so here another process is.
	onBothImages(t, when, it, "leaves no orphan behind", func(image lab.Image) {
		c := image.Run(t, "--entrypoint", "/workspace/app", "--", "serve", "0")
		_, err := lab.Try("docker", "exec", c.Name, "/cnb/process/web", "daemon", "say", "has left an orphan", "exit", "4")
		Expect(err).To(MatchError(And(ContainSubstring("exit status 4"), ContainSubstring("has left an orphan"))))
		Expect(c.Top()).To(Equal([]string{"/workspace/app serve 0"}))
	})
}
