package integration_test

import (
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

func testArguments(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)

	it("keeps the app's own arguments", func() {
		c := goImage(t).Run(t)
		Eventually(c).Should(lab.Serve("/", "Hi"))
		Expect(c.Top()).To(ConsistOf(lab.Supervisor+" run web -- ./app web", "./config-server", "./app web"))
	})

	it("takes those of docker run instead", func() {
		c := goImage(t).Run(t, "--", "other", "two words")
		Eventually(c).Should(lab.Serve("/", "Hi"))
		Expect(c.Top()).To(ContainElement("./app other two words"))
	})
}
