package shipping_test

import (
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

const supervised = lab.Supervisor + " run web -- ./app web"

func testBuilder(t *testing.T, _ spec.G, it spec.S) {
	Expect := NewWithT(t).Expect
	var with, without string // apps: with and without a declaration
	it.Before(func() {
		lab.Require(t, lab.Docker)
		with, without = lab.Make(t, lab.Sample("go")), lab.Make(t, lab.Sample("go"))
		Expect(os.Remove(filepath.Join(without, "sidecar.toml"))).To(Succeed())
	})

	it("may be the optional last one of a builder's order", func() {
		builder := builder(t, `
			[[order]]
			group = [{ id = "lab/static" }, { id = "sidecar-buildpack/sidecar", optional = true }]`)
		Expect(commands(t, with, "--builder", builder)).To(HaveKeyWithValue("web", supervised))
		Expect(commands(t, without, "--builder", builder)).To(Equal(map[string]string{"web": "./app web"}))
	})

	it("may come after every order of a builder, which then takes apps with sidecars only", func() {
		builder := builder(t, `
			[[order]]
			group = [{ id = "lab/static" }]
			[[system.post.buildpacks]]
			id = "sidecar-buildpack/sidecar"`)
		Expect(commands(t, with, "--builder", builder)).To(HaveKeyWithValue("web", supervised))
		_, err := lab.Try("pack", "build", lab.Name(), "--builder", builder, "--path", without,
			"--pull-policy", "never", "--trust-builder", "--no-color")
		Expect(err).To(MatchError(ContainSubstring("fail: sidecar-buildpack/sidecar@")))
	})

	it("may be named by the app's project.toml", func() {
		Expect(os.WriteFile(filepath.Join(with, "project.toml"), []byte(`
			[_]
			schema-version = "0.2"
			[[io.buildpacks.post.group]]
			uri = "`+lab.Buildpack+`"`), 0o644)).To(Succeed())
		Expect(commands(t, with)).To(HaveKeyWithValue("web", supervised))
	})

	it("may be part of a composite buildpack", func() {
		dir := lab.Make(t, lab.Files{
			"buildpack.toml": `
				api = "0.10"
				[buildpack]
				id = "test/composite"
				version = "1.0.0"
				[[order]]
				group = [{ id = "lab/static", version = "1.0.0" }, { id = "sidecar-buildpack/sidecar", version = "` + version(t) + `" }]`,
			"package.toml": `
				[buildpack]
				uri = "."
				[[dependencies]]
				uri = "` + lab.Path("integration", "lab", "buildpacks", "static") + `"
				[[dependencies]]
				uri = "` + lab.Buildpack + `"`,
		})
		composite := filepath.Join(dir, "composite.cnb")
		lab.Must(t, "env", "--chdir", dir, lab.Path("build", "lab", "bin", "pack"), // which reads the buildpack from there
			"buildpack", "package", composite, "--format", "file", "--config", "package.toml")
		Expect(commands(t, with, "--buildpack", composite)).To(HaveKeyWithValue("web", supervised))
	})
}

// builder makes a builder with the lab's images and lifecycle, and this buildpack behind one that starts an app.
func builder(t *testing.T, order string) string {
	t.Helper()
	name := lab.Name()
	config := write(t, "builder.toml", `
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
		%s`, lab.Path("build", "lab", "lifecycle.tgz"), lab.Path("integration", "lab", "buildpacks", "static"), lab.Buildpack, order)
	lab.Must(t, "pack", "builder", "create", name, "--config", config, "--pull-policy", "never")
	return name
}

// commands builds an app and returns the command line of each of its process types.
func commands(t *testing.T, app string, args ...string) map[string]string {
	t.Helper()
	commands, _ := lab.Pack(t, lab.At(app), args...).Processes(t)
	return commands
}
