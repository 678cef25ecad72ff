package integration_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
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

		app, buildpack string // directories that are changed
		image          lab.Image
		first          map[string]string // this buildpack's layers
		slices         []string          // bystander's, other's, and the rest of the app
	)

	it.Before(func() {
		app = lab.Make(t, lab.Files{"app": lab.Child, "child": lab.Child, "other": lab.Child, "sidecar.toml": twoSidecars})
		buildpack = filepath.Join(t.TempDir(), "buildpack")
		Expect(os.CopyFS(buildpack, os.DirFS(lab.Path("build", "buildpack")))).To(Succeed())
		image = lab.Pack(t, lab.At(app), "--post-buildpack", buildpack)
		first, slices = layers(t, image)
		Expect(first).To(And(HaveLen(1), HaveKey("supervisor")))
		Expect(slices).To(HaveLen(3))
	})

	it("reuses the layers of sidecars and supervisor where just the app has changed", func() {
		Expect(os.WriteFile(filepath.Join(app, "page.html"), []byte("new"), 0o644)).To(Succeed())
		again := image.Rebuild(t)
		newLayers, newSlices := layers(t, again)
		Expect(newLayers).To(Equal(first))
		Expect(newSlices).To(HaveExactElements(slices[0], slices[1], Not(Equal(slices[2]))))
		Expect(again.Log).To(And(
			ContainSubstring("Reused 2/3 app layer(s)"),
			ContainSubstring("Reusing layer 'sidecar-buildpack/sidecar:supervisor'"),
			ContainSubstring("Supervisor: Reusing cached layer"),
			Not(ContainSubstring("Adding layer 'sidecar-buildpack/sidecar"))))
		Eventually(again.Run(t)).Should(And(lab.Serve("/", "ok"), lab.Say("bystander | up")))
	})

	it("makes the same layers where nothing has changed", func() {
		newLayers, newSlices := layers(t, image.Rebuild(t))
		Expect(newLayers).To(Equal(first))
		Expect(newSlices).To(Equal(slices))
	})

	it("makes only the layer of a sidecar that has changed", func() {
		extend(t, filepath.Join(app, "other"))
		newLayers, newSlices := layers(t, image.Rebuild(t))
		Expect(newLayers).To(Equal(first))
		Expect(newSlices).To(HaveExactElements(slices[0], Not(Equal(slices[1])), slices[2]))
	})

	it("takes a supervisor that has changed, though the buildpack has the same version", func() {
		extend(t, filepath.Join(buildpack, "bin", "supervisor"))
		again := image.Rebuild(t)
		Expect(again.Log).To(ContainSubstring("Supervisor: Contributing to layer"))
		newLayers, newSlices := layers(t, again)
		Expect(newLayers["supervisor"]).NotTo(Equal(first["supervisor"]))
		Expect(newSlices).To(Equal(slices))
		Eventually(again.Run(t)).Should(And(lab.Serve("/", "ok"), lab.Say("bystander | up")))
	})
}

// layers returns the diff IDs of this buildpack's layers by name, as the lifecycle recorded them, and those of the app's slices in the
// order of declaration, with the rest of the app at the end. Each is in the image.
func layers(t *testing.T, image lab.Image) (layers map[string]string, app []string) {
	t.Helper()
	var recorded struct {
		App        []struct{ SHA string }
		Buildpacks []struct {
			Key    string
			Layers map[string]struct{ SHA string }
		}
	}
	parse(t, image.Label(t, "io.buildpacks.lifecycle.metadata"), &recorded)
	var all []string
	parse(t, lab.Must(t, "docker", "image", "inspect", "--format", "{{json .RootFS.Layers}}", image.Name), &all)
	present := func(layer string) string {
		if !slices.Contains(all, layer) {
			t.Fatalf("%s is no layer of %s: %v", layer, image.Name, all)
		}
		return layer
	}
	for _, slice := range recorded.App {
		app = append(app, present(slice.SHA))
	}
	layers = map[string]string{}
	for _, b := range recorded.Buildpacks {
		for name, layer := range b.Layers {
			if b.Key == "sidecar-buildpack/sidecar" {
				layers[name] = present(layer.SHA)
			}
		}
	}
	return layers, app
}

func parse(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
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
