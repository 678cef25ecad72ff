package integration_test

import (
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
)

const twoSidecars = bystander + `
[[sidecars]]
name = "other"
command = ["./other", "serve", "0"]
`

func testRebuild(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually

		name, dir string
		first     map[string]string
	)

	it.Before(func() {
		name, dir = newName(), app(t, files{"app": "", "child": "", "other": "", "sidecar.toml": twoSidecars})
		first = buildAs(t, name, dir, withBuildpack()...).layers(t)
		Expect(first).To(And(HaveLen(3), HaveKey("bystander"), HaveKey("other"), HaveKey("supervisor")))
		mustDocker(t, "tag", name, name+"-first") // so that it can be removed
	})

	it("reuses the layers of sidecars and supervisor where just the app has changed", func() {
		Expect(os.WriteFile(filepath.Join(dir, "page.html"), []byte("new"), 0o644)).To(Succeed())
		again := buildAs(t, name, dir, withBuildpack()...)
		Expect(again.layers(t)).To(Equal(first))
		for layer := range first {
			Expect(again.log).To(ContainSubstring("Reusing layer 'sidecar-buildpack/sidecar:" + layer + "'"))
		}
		Expect(again.log).To(And(
			ContainSubstring("bystander: Reusing cached layer"),
			ContainSubstring("Supervisor: Reusing cached layer"),
			Not(ContainSubstring("Adding layer 'sidecar-buildpack/sidecar"))))
		Eventually(again.run(t)).Should(And(serve("/", "ok"), say("bystander | up")))
	})

	it("makes only the layer of a sidecar that has changed", func() {
		extend(t, filepath.Join(dir, "other"))
		again := buildAs(t, name, dir, withBuildpack()...).layers(t)
		Expect(again["other"]).NotTo(Equal(first["other"]))
		delete(again, "other")
		delete(first, "other")
		Expect(again).To(Equal(first))
	})

	it("takes a supervisor that has changed, though the buildpack has the same version", func() {
		changed := filepath.Join(workspace, filepath.Base(name)+"-buildpack")
		Expect(os.CopyFS(changed, os.DirFS(buildpack()))).To(Succeed())
		extend(t, filepath.Join(changed, "bin", "supervisor"))
		again := buildAs(t, name, dir, "--post-buildpack", changed)
		Expect(again.log).To(ContainSubstring("Supervisor: Contributing to layer"))
		layers := again.layers(t)
		Expect(layers["supervisor"]).NotTo(Equal(first["supervisor"]))
		Expect(layers["bystander"]).To(Equal(first["bystander"]))
		Eventually(again.run(t)).Should(And(serve("/", "ok"), say("bystander | up")))
	})
}

// extend makes a program another one that does the same.
func extend(t *testing.T, program string) {
	t.Helper()
	f, err := os.OpenFile(program, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("more"); err != nil {
		t.Fatal(err)
	}
}
