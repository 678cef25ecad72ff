package shipping_test

import (
	"regexp"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

func testInspect(t *testing.T, _ spec.G, it spec.S) {
	it("shows what it is", func() {
		NewWithT(t).Expect(lab.Must(t, "pack", "buildpack", "inspect", lab.Buildpack, "--no-color")).To(And(
			MatchRegexp(`sidecar-buildpack/sidecar +Sidecar Buildpack +%s +https://github.com/sidecar-buildpack/sidecar`,
				regexp.QuoteMeta(version(t))),
			MatchRegexp(`Group #1:\s+└ sidecar-buildpack/sidecar@\d`),
		))
	})

	it("has one version", func() {
		NewWithT(t).Expect(lab.Must(t, "build/bin/sidecar", "version")).To(Equal("sidecar " + version(t)))
	})
}
