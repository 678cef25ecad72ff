package integration_test

import (
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

func testSources(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)

	it("reads the file that BP_SIDECAR_CONFIG names", func() {
		image := lab.Build(t, lab.Files{"app": lab.Child, "child": lab.Child, "ops/mine.toml": bystander},
			append([]string{"--env", "BP_SIDECAR_CONFIG=ops/mine.toml"}, lab.OnTiny...)...)
		Expect(image.Log).To(ContainSubstring("ops/mine.toml declares 1 sidecar"))
		Eventually(image.Run(t)).Should(lab.Say("bystander | up"))
	})

	it("knows what was declared where an earlier buildpack has replaced the app's directory since", func() {
		compile := lab.Path("integration", "testdata", "compile")
		image := lab.Pack(t, lab.Files{"app": lab.Child, "child": lab.Child, "sidecar.toml": bystander},
			"--buildpack", "from=builder", "--buildpack", compile, "--buildpack", lab.Buildpack)
		c := image.Run(t)
		Eventually(c).Should(And(lab.Serve("/", "ok"), lab.Say("bystander | up")))
		Expect(c.Exec("ls", "/workspace")).To(Equal("app\nchild"))
	})
}
