package integration_test

import (
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
)

var probed = shared(files{"app": "", "child": "", "sidecar.toml": bystander + `
[[sidecars]]
name = "ready one"
command = ["./child", "listen", "9000", "serve", "0"]
memory = "32M"

[sidecars.readiness-probe]
http-get = { port = 9000 }
period-seconds = 0.1
`}.write, onTiny...)

func testLookInside(t *testing.T, when spec.G, it spec.S) {
	var (
		c          container
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)

	it.Before(func() {
		c = probed(t).run(t)
		Eventually(c).Should(And(have("app", HaveField("State", "running")), have("ready one", HaveField("Health", "ready"))))
	})

	it("shows what runs to the same user and to root", func() {
		for _, user := range []string{"1002:1000", "0"} {
			Expect(mustDocker(t, "exec", "--user", user, c.name, supervisor, "ps")).To(And(
				MatchRegexp(`(?m)^NAME +PID +STATE +HEALTH +RESTARTS +MEMORY +UPTIME$`),
				MatchRegexp(`(?m)^bystander +\d+ +running +- +0 +[\d.]+M +\d+s$`),
				MatchRegexp(`(?m)^ready one +\d+ +running +ready +0 +[\d.]+M of 32M +\d+s$`),
				MatchRegexp(`(?m)^app +\d+ +running +- +0 +[\d.]+M +\d+s$`)))
		}
	})

	it("refuses another user", func() {
		for _, verb := range [][]string{{"ps"}, {"restart", "bystander"}, {"probe", "ready one"}} {
			_, err := docker(append([]string{"exec", "--user", "12345", c.name, supervisor}, verb...)...)
			Expect(err).To(MatchError(And(
				ContainSubstring("exit status 1"),
				HaveSuffix("supervisor: supervisor 1 is user 1002's: ask as that user, or as root"))))
		}
	})

	it("restarts a sidecar, and nothing else", func() {
		before, err := c.ps()
		Expect(err).NotTo(HaveOccurred())
		c.exec(supervisor, "restart", "bystander")
		Eventually(c).Should(have("bystander", And(
			HaveField("State", "running"), HaveField("Restarts", 1), HaveField("PID", Not(Equal(before["bystander"].PID))))))
		Expect(c).To(have("app", HaveField("PID", before["app"].PID)))

		_, err = docker("exec", c.name, supervisor, "restart", "app")
		Expect(err).To(MatchError(HaveSuffix("is the app: to restart it, restart the container")))
		_, err = docker("exec", c.name, supervisor, "restart", "nobody")
		Expect(err).To(MatchError(HaveSuffix(`there is no process "nobody" here; there are: bystander, ready one, app`)))
	})

	it("probes", func() {
		Expect(c.exec(supervisor, "probe", "ready one")).To(Equal("readiness probe of ready one: passed"))
		_, err := docker("exec", c.name, supervisor, "probe", "bystander")
		Expect(err).To(MatchError(And(ContainSubstring("exit status 1"), HaveSuffix("bystander has no probe"))))
	})
}
