package integration_test

import (
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
)

func testArguments(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)

	it("keeps the app's own arguments", func() {
		c := goImage(t).run(t)
		Eventually(c).Should(serve("/", "Hi"))
		Expect(c.top()).To(ConsistOf(supervisor+" run web -- ./app web", "./config-server", "./app web"))
	})

	it("takes those of docker run instead", func() {
		c := goImage(t).run(t, "--", "other", "two words")
		Eventually(c).Should(serve("/", "Hi"))
		Expect(c.top()).To(ContainElement("./app other two words"))
	})
}
