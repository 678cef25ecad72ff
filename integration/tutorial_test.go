package integration_test

import (
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

// testTutorial does what Cloud Foundry's tutorial of sidecars does, with a manifest.yml in its form and with a sidecar.toml.
func testTutorial(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)
	for _, sample := range []struct {
		name  string
		image func(*testing.T) lab.Image
	}{
		{"manifest.yml", rubyImage},
		{"sidecar.toml", rubyTOMLImage},
	} {
		it("runs the app and the config server of "+sample.name, func() {
			c := sample.image(t).Run(t, "--memory", "256m", "--env", "PORT=8080")
			Eventually(c).Should(lab.Serve("/", "Hi, I'm an app with a sidecar!"))
			Eventually(c).Should(lab.Serve("/config", `{"Scope":"some-service.admin","Password":"not-a-real-p4$$w0rd"}`))

			Expect(c.Exec("ps", "ax")).To(And(
				MatchRegexp(`(?m)^ +1 .* /layers/sidecar-buildpack_sidecar/supervisor/bin/supervisor run web -- ruby app.rb$`),
				MatchRegexp(`(?m) \./config-server$`),
				MatchRegexp(`(?m) puma .*:8080`)))
			Expect(c.Exec("lsof", "-i")).To(And(
				MatchRegexp(`(?m)^config-se .*localhost:8082 \(LISTEN\)$`),
				MatchRegexp(`(?m)^ruby .*\*:8080 \(LISTEN\)$`)))

			Eventually(c.Lines).Should(ContainElements(
				"config-server | listening...",
				"Asking the config server at http://localhost:8082/config/",
				"config-server | Received a request for config.",
				`Received {"Scope":"some-service.admin","Password":"not-a-real-p4$$w0rd"} from the config server`))
		})
	}

	it("ends when the sidecar is killed, and says why", func() {
		c := rubyImage(t).Run(t, "--env", "PORT=8080")
		Eventually(c).Should(lab.Serve("/config", "some-service.admin"))
		c.Detach("pkill", "-KILL", "config-server")
		Expect(c.Ends()).To(Equal(137))
		Expect(c.Lines()).To(ContainElement(
			`supervisor | sidecar "config-server" was killed by SIGKILL, by hand or by another process; stopping web`))
	})

	it("comes back where Docker restarts it", func() {
		c := rubyImage(t).Run(t, "--env", "PORT=8080", "--restart", "on-failure")
		Eventually(c).Should(lab.Serve("/config", "some-service.admin"))
		c.Detach("pkill", "-KILL", "config-server")
		Eventually(func() string { return c.Inspect("{{.RestartCount}}") }).Should(Equal("1"))
		Eventually(c).Should(lab.Serve("/config", "some-service.admin"))
	})
}
