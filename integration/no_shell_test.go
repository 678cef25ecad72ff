package integration_test

import (
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

func testNoShell(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)

	it("runs a command that is a list", func() {
		c := goImage(t).Run(t, "--memory", "256m")
		Eventually(c).Should(lab.Serve("/config", "some-service.admin"))
		Expect(c).To(And(lab.Have("config-server", HaveField("Health", "ready")), lab.Have("app", HaveField("State", "running"))))
		for _, shell := range []string{"sh", "bash"} {
			_, err := lab.Try("docker", "exec", c.Name, shell, "-c", "true")
			Expect(err).To(MatchError(ContainSubstring("executable file not found")))
		}
		c.Stop()
		Expect(c.Ends()).To(Equal(143)) // the app doesn't handle SIGTERM
	})

	it("says what a command that is shell lacks", func() {
		const shell = "[[sidecars]]\nname = 'x'\ncommand = 'echo $HOME'\n"
		c := lab.Build(t, lab.Files{"app": lab.Child, "sidecar.toml": shell}, lab.OnTiny...).Run(t)
		Expect(c.Ends()).To(Equal(127))
		Expect(c.Logs()).To(MatchRegexp(`^supervisor \| sidecar "x" can't be started: find bash: not in PATH=.*; stopping web$`))
	})
}
