package lab_test

import (
	"syscall"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

const agent = `[[sidecars]]
name = "agent"
command = ["./child", "say", "up", "serve", "0"]
`

// A package of integration tests: beside what is here, its TestMain is lab.Main(m), and this function is its one test.
func Example() {
	suite := lab.Suite("fate", lab.Docker)
	suite("a sidecar's end", testEnd)
	suite.Run(t)
}

func testEnd(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)

	it("gives the container its status", func() {
		image := lab.Build(t, lab.Files{"app": lab.Child, "child": lab.Child, "sidecar.toml": agent})
		c := image.Run(t, "--memory", "256m")
		Eventually(c).Should(And(lab.Serve("/", "ok"), lab.Say("agent | up")))
		c.Kill("agent", syscall.SIGKILL)
		Expect(c.Ends()).To(Equal(137))
		Expect(c.Lines()).To(ContainElement(`supervisor | sidecar "agent" was killed by SIGKILL, by hand or by another process; stopping web`))
	})
}
