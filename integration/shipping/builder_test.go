package shipping_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/BurntSushi/toml"
	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
)

const supervised = "/layers/sidecar-buildpack_sidecar/supervisor/bin/supervisor run web -- ./app web"

func testBuilder(t *testing.T, _ spec.G, it spec.S) {
	Expect := NewWithT(t).Expect
	var with, without string // apps: with and without a declaration
	it.Before(func() {
		if os.Getenv("WITHOUT_DOCKER") != "" {
			leaveOut(t, "there is no Docker daemon to talk to")
		}
		with, without = t.TempDir(), t.TempDir()
		run(t, root+"/samples/prepare", "go", with)
		run(t, root+"/samples/prepare", "go", without)
		Expect(os.Remove(filepath.Join(without, "sidecar.toml"))).To(Succeed())
	})

	it("may be the optional last one of a builder's order", func() {
		builder := builder(t, `
			[[order]]
			group = [{ id = "lab/static" }, { id = "sidecar-buildpack/sidecar", optional = true }]`)
		Expect(commands(t, build(t, builder, with))).To(HaveKeyWithValue("web", supervised))
		Expect(commands(t, build(t, builder, without))).To(Equal(map[string]string{"web": "./app web"}))
	})

	it("may come after every order of a builder, which then takes apps with sidecars only", func() {
		builder := builder(t, `
			[[order]]
			group = [{ id = "lab/static" }]
			[[system.post.buildpacks]]
			id = "sidecar-buildpack/sidecar"`)
		Expect(commands(t, build(t, builder, with))).To(HaveKeyWithValue("web", supervised))
		output, err := packBuild(t, image(t), builder, without).CombinedOutput()
		Expect(err).To(HaveOccurred())
		Expect(string(output)).To(ContainSubstring("fail: sidecar-buildpack/sidecar@"))
	})

	it("may be part of a composite buildpack", func() {
		dir := t.TempDir()
		write(t, dir, "buildpack.toml", `
			api = "0.10"
			[buildpack]
			id = "test/composite"
			version = "1.0.0"
			[[order]]
			group = [{ id = "lab/static", version = "1.0.0" }, { id = "sidecar-buildpack/sidecar", version = "%s" }]`, version(t))
		config := write(t, dir, "package.toml", `
			[buildpack]
			uri = "."
			[[dependencies]]
			uri = "%s"
			[[dependencies]]
			uri = "%s"`, root+"/integration/lab/buildpacks/static", cnb)
		composite := filepath.Join(dir, "composite.cnb")
		packaging := pack(t, "buildpack", "package", composite, "--format", "file", "--config", config)
		packaging.Dir = dir
		succeed(t, packaging)
		Expect(commands(t, build(t, "sidecar-lab/builder", with, "--buildpack", composite))).To(HaveKeyWithValue("web", supervised))
	})
}

// builder makes a builder with the lab's images and lifecycle, and this buildpack behind one that starts an app.
func builder(t *testing.T, order string) string {
	t.Helper()
	name := image(t)
	config := write(t, t.TempDir(), "builder.toml", `
		[lifecycle]
		uri = "%s"
		[build]
		image = "sidecar-lab/build"
		[[run.images]]
		image = "sidecar-lab/run"
		[[buildpacks]]
		uri = "%s"
		[[buildpacks]]
		uri = "%s"
		%s`, root+"/build/lab/lifecycle.tgz", root+"/integration/lab/buildpacks/static", cnb, order)
	succeed(t, pack(t, "builder", "create", name, "--config", config, "--pull-policy", "never"))
	return name
}

// build builds an app and gives the image's name.
func build(t *testing.T, builder, app string, args ...string) string {
	t.Helper()
	name := image(t)
	succeed(t, packBuild(t, name, builder, app, args...))
	return name
}

func packBuild(t *testing.T, name, builder, app string, args ...string) *exec.Cmd {
	t.Helper()
	return pack(t, append([]string{"build", name, "--builder", builder, "--path", app,
		"--pull-policy", "never", "--trust-builder", "--trust-extra-buildpacks"}, args...)...)
}

// version gives the version that this buildpack is shipped as.
func version(t *testing.T) string {
	t.Helper()
	var descriptor struct{ Buildpack struct{ Version string } }
	if _, err := toml.DecodeFile(filepath.Join(root, "buildpack.toml"), &descriptor); err != nil {
		t.Fatal(err)
	}
	return descriptor.Buildpack.Version
}
