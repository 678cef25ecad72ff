package shipping_test

import (
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
)

func testInspect(t *testing.T, _ spec.G, it spec.S) {
	it("shows what it is", func() {
		NewWithT(t).Expect(succeed(t, pack(t, "buildpack", "inspect", cnb))).To(And(
			MatchRegexp(`sidecar-buildpack/sidecar +Sidecar Buildpack +\d+\.\d+\.\d+ +https://github.com/sidecar-buildpack/sidecar`),
			MatchRegexp(`Group #1:\s+└ sidecar-buildpack/sidecar@\d`),
		))
	})
}
