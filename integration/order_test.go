package integration_test

import (
	"slices"
	"strings"
	"syscall"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

const inOrder = `[[sidecars]]
name = "proxy"
command = ["./child", "say", "starts", "await", "listen", "9000", "serve", "0"]
depends-on = { db = "ready" }

[sidecars.startup-probe]
http-get = { port = 9000 }
period-seconds = 0.1
failure-threshold = 1000

[[sidecars]]
name = "db"
command = ["./child", "say", "starts", "await", "listen", "5432", "serve", "0"]

[sidecars.startup-probe]
tcp-socket = { port = 5432 }
period-seconds = 0.1
failure-threshold = 1000
`

func testOrder(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)

	it("starts each when what it depends on is ready, and stops in reverse", func() {
		c := lab.Build(t, lab.Files{"app": lab.Child, "child": lab.Child, "sidecar.toml": inOrder}, lab.OnTiny...).Run(t)
		Eventually(c).Should(lab.Say("db | starts"))
		Expect(c).To(And(
			lab.Have("db", HaveField("Health", "starting")),
			lab.Have("proxy", HaveField("State", "waiting")),
			lab.Have("app", HaveField("State", "waiting"))))

		c.Kill("db", syscall.SIGUSR1) // it goes on then
		Eventually(c).Should(lab.Say("proxy | starts"))
		Expect(c).To(And(
			lab.Have("db", HaveField("Health", "ready")),
			lab.Have("proxy", HaveField("Health", "starting")),
			lab.Have("app", HaveField("State", "waiting"))))

		c.Kill("proxy", syscall.SIGUSR1)
		Eventually(c).Should(lab.Serve("/", "ok"))
		c.Stop()
		Expect(slices.DeleteFunc(c.Lines(), isSupervisors)).To(Equal([]string{
			"db | starts", "proxy | starts", "the app is up",
			"told to stop", "proxy | told to stop", "db | told to stop"}))
	})
}

func isSupervisors(line string) bool { return strings.HasPrefix(line, "supervisor | ") }
