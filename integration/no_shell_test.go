package integration_test

import (
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
)

func testNoShell(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)

	it("runs a command that is a list", func() {
		c := goImage(t).run(t, "--memory", "256m")
		Eventually(c).Should(serve("/config", "some-service.admin"))
		Expect(c).To(And(have("config-server", HaveField("Health", "ready")), have("app", HaveField("State", "running"))))
		for _, shell := range []string{"sh", "bash"} {
			_, err := docker("exec", c.name, shell, "-c", "true")
			Expect(err).To(MatchError(ContainSubstring("executable file not found")))
		}
		mustDocker(t, "stop", c.name)
		Expect(c.ends()).To(Equal(143)) // the app doesn't handle SIGTERM
	})

	it("says what a command that is shell lacks", func() {
		c := build(t, app(t, files{"app": "", "sidecar.toml": "[[sidecars]]\nname = \"x\"\ncommand = 'echo $HOME'\n"}), onTiny...).run(t)
		Expect(c.ends()).To(Equal(127))
		Expect(c.logs()).To(MatchRegexp(`^sidecar "x" can't be started: find bash: not in PATH=.*; stopping web$`))
	})
}
