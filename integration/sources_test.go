package integration_test

import (
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
)

func testSources(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)

	it("reads the file that BP_SIDECAR_CONFIG names", func() {
		image := build(t, app(t, files{"app": "", "child": "", "ops/mine.toml": bystander}),
			append([]string{"--env", "BP_SIDECAR_CONFIG=ops/mine.toml"}, onTiny...)...)
		Expect(image.log).To(ContainSubstring("ops/mine.toml declares 1 sidecar"))
		Eventually(image.run(t)).Should(say("bystander | up"))
	})

	it("knows what was declared where an earlier buildpack has replaced the app's directory since", func() {
		compile := filepath.Join(root, "integration", "testdata", "compile")
		image := buildAs(t, newName(), app(t, files{"app": "", "child": "", "sidecar.toml": bystander}),
			"--buildpack", "from=builder", "--buildpack", compile, "--buildpack", cnb())
		c := image.run(t)
		Eventually(c).Should(And(serve("/", "ok"), say("bystander | up")))
		Expect(c.exec("ls", "/workspace")).To(Equal("app\nchild"))
	})
}
