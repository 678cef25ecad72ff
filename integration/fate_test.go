package integration_test

import (
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
)

func testFate(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)

	onBothImages(t, when, it, "gives the container the status of a sidecar that crashed", func(image image) {
		c := image.run(t)
		Eventually(c).Should(say("bystander | up"))
		c.kill("bystander", "9")
		Expect(c.ends()).To(Equal(137))
		Expect(c.lines()).To(ContainElements(
			`sidecar "bystander" exited with status 137; stopping web`,
			"told to stop")) // the app
	})

	onBothImages(t, when, it, "ends the sidecar with an app that completes", func(image image) {
		c := image.run(t, "--", "say", "nearly done", "await", "exit", "0")
		Eventually(c).Should(And(say("nearly done"), say("bystander | up")))
		c.kill("app", "10") // it goes on at SIGUSR1
		Expect(c.ends()).To(Equal(0))
		Expect(c.lines()).To(ContainElement("bystander | told to stop"))
	})

	onBothImages(t, when, it, "gives the container the status of an app that fails", func(image image) {
		Expect(image.run(t, "--", "exit", "42").ends()).To(Equal(42))
	})

	// As PID 1 it would have the kernel do that; so here another process is.
	onBothImages(t, when, it, "leaves no orphan behind", func(image image) {
		c := image.run(t, "--entrypoint", "/workspace/app", "--", "serve", "0")
		_, err := docker("exec", c.name, "/cnb/process/web", "daemon", "say", "has left an orphan", "exit", "4")
		Expect(err).To(MatchError(And(ContainSubstring("exit status 4"), ContainSubstring("has left an orphan"))))
		Expect(c.top()).To(Equal([]string{"/workspace/app serve 0"}))
	})
}
