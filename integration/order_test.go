package integration_test

import (
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
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
		c := build(t, app(t, files{"app": "", "child": "", "sidecar.toml": inOrder}), onTiny...).run(t)
		Eventually(c).Should(say("db | starts"))
		Expect(c).To(And(
			have("db", HaveField("Health", "starting")),
			have("proxy", HaveField("State", "waiting")),
			have("app", HaveField("State", "waiting"))))

		c.kill("db", "10") // it goes on at SIGUSR1
		Eventually(c).Should(say("proxy | starts"))
		Expect(c).To(And(
			have("db", HaveField("Health", "ready")),
			have("proxy", HaveField("Health", "starting")),
			have("app", HaveField("State", "waiting"))))

		c.kill("proxy", "10")
		Eventually(c).Should(serve("/", "ok"))
		mustDocker(t, "stop", c.name)
		Expect(c.lines()).To(Equal([]string{
			"db | starts", "proxy | starts", "the app is up",
			"told to stop", "proxy | told to stop", "db | told to stop"}))
	})
}
