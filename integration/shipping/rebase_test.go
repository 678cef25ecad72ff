package shipping_test

import (
	"encoding/json"
	"slices"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

// An operator who patches an operating system puts a new run image under each app, and builds none.
func testRebase(t *testing.T, _ spec.G, it spec.S) {
	it("leaves app, sidecar and supervisor as they are on another run image", func() {
		lab.Require(t, lab.Docker)
		Expect, Eventually := NewWithT(t).Expect, NewWithT(t).Eventually
		run := lab.Name()
		lab.Must(t, "docker", "tag", "sidecar-lab/run", run)
		image := lab.Build(t, lab.Files{"app": lab.Child, "child": lab.Child, "sidecar.toml": "[[sidecars]]\nname = \"beside\"\n" +
			"command = [\"./child\", \"say\", \"up\", \"serve\", \"0\"]\n"}, "--run-image", run)
		ours := layers(t, image.Name)[len(layers(t, run)):]
		patch(t, run)
		lab.Must(t, "pack", "rebase", image.Name, "--pull-policy", "never", "--no-color")
		Expect(layers(t, image.Name)).To(Equal(slices.Concat(layers(t, run), ours)))
		c := image.Run(t)
		Eventually(c).Should(And(lab.Serve("/", "ok"), lab.Say("beside | up")))
		Expect(c.Exec("cat", "/etc/patch")).To(Equal("patched"))
		c.Stop()
		Expect(c.Ends()).To(BeZero())
	})
}

// patch gives an image one more layer, with a file in it.
func patch(t *testing.T, image string) {
	t.Helper()
	container := lab.Name()
	lab.Must(t, "docker", "create", "--name", container, image, "true")
	t.Cleanup(func() { _, _ = lab.Try("docker", "rm", "--force", container) })
	lab.Must(t, "docker", "cp", write(t, "patch", "patched"), container+":/etc/patch")
	lab.Must(t, "docker", "commit", container, image)
}

// layers returns the diff IDs of an image's layers, the lowest first.
func layers(t *testing.T, image string) (all []string) {
	t.Helper()
	text := lab.Must(t, "docker", "image", "inspect", "--format", "{{json .RootFS.Layers}}", image)
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		t.Fatal(err)
	}
	return all
}
