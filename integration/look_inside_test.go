package integration_test

import (
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

var probed = lab.Share(lab.Files{"app": lab.Child, "child": lab.Child, "sidecar.toml": bystander + `
[[sidecars]]
name = "ready one"
command = ["./child", "listen", "9000", "serve", "0"]
memory = "32M"

[sidecars.readiness-probe]
http-get = { port = 9000 }
period-seconds = 0.1
timeout-seconds = 10
`}, lab.OnTiny...)

func testLookInside(t *testing.T, when spec.G, it spec.S) {
	var (
		c          lab.Container
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)

	it.Before(func() {
		c = probed(t).Run(t)
		Eventually(c).Should(And(lab.Have("app", HaveField("State", "running")), lab.Have("ready one", HaveField("Health", "ready"))))
	})

	it("shows what runs to the same user and to root", func() {
		for _, user := range []string{"1002:1000", "0"} {
			Expect(lab.Must(t, "docker", "exec", "--user", user, c.Name, lab.Supervisor, "ps")).To(And(
				MatchRegexp(`(?m)^NAME +PID +STATE +HEALTH +RESTARTS +MEMORY +UPTIME +NOTE$`),
				MatchRegexp(`(?m)^bystander +\d+ +running +- +0 +[\d.]+M +\d+s +-$`),
				MatchRegexp(`(?m)^ready one +\d+ +running +ready +0 +[\d.]+M of 32M +\d+s +-$`),
				MatchRegexp(`(?m)^app +\d+ +running +- +0 +[\d.]+M +\d+s +-$`)))
		}
	})

	it("refuses another user", func() {
		for _, verb := range [][]string{{"ps"}, {"restart", "bystander"}, {"probe", "ready one"}} {
			_, err := lab.Try(append([]string{"docker", "exec", "--user", "12345", c.Name, lab.Supervisor}, verb...)...)
			Expect(err).To(MatchError(And(
				ContainSubstring("exit status 1"),
				HaveSuffix("supervisor: supervisor 1 is user 1002's: ask as that user, or as root"))))
		}
	})

	it("restarts a sidecar, and nothing else", func() {
		sidecar, app := c.Process("bystander").PID, c.Process("app").PID
		c.Exec(lab.Supervisor, "restart", "bystander")
		Eventually(c).Should(lab.Have("bystander", And(
			HaveField("State", "running"), HaveField("Restarts", 1), HaveField("PID", Not(Equal(sidecar))))))
		Expect(c).To(lab.Have("app", HaveField("PID", app)))

		_, err := lab.Try("docker", "exec", c.Name, lab.Supervisor, "restart", "app")
		Expect(err).To(MatchError(HaveSuffix("is the app: to restart it, restart the container")))
		_, err = lab.Try("docker", "exec", c.Name, lab.Supervisor, "restart", "nobody")
		Expect(err).To(MatchError(HaveSuffix(`there is no process "nobody" here; there are: bystander, ready one, app`)))
	})

	it("probes", func() {
		Expect(c.Exec(lab.Supervisor, "probe", "ready one")).To(Equal("readiness probe of ready one: passed"))
		_, err := lab.Try("docker", "exec", c.Name, lab.Supervisor, "probe", "bystander")
		Expect(err).To(MatchError(And(ContainSubstring("exit status 1"), HaveSuffix("bystander has no probe"))))
	})
}
