// Package sources_test shows with the real pack where sidecars can come from, besides the app's sidecar.toml and manifest.yml.
package sources_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

func TestMain(m *testing.M) { lab.Main(m) }

func TestSources(t *testing.T) {
	suite := lab.Suite("sources", lab.Docker)
	suite("bindings", testBindings)
	suite("buildpacks", testBuildpacks)
	suite("launch.yml", testLaunch)
	suite.Run(t)
}

const agent = `[[sidecars]]
name = "agent"
command = ["./agent", "say", "the agent is up", "serve", "0"]
`

// app declares nothing.
var app = lab.Files{"app": lab.Child}

// bind makes a binding of type sidecar, whose files can't be run yet, and returns the arguments that mount it.
func bind(t *testing.T, name string, keys lab.Files) []string {
	t.Helper()
	keys["type"] = "sidecar"
	dir := lab.Make(t, keys)
	for key := range keys {
		takeRunBit(t, filepath.Join(dir, key))
	}
	return []string{"--volume", dir + ":/platform/bindings/" + name}
}

func takeRunBit(t *testing.T, path string) {
	t.Helper()
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
}

func sidecar(name, command, needed string) string {
	return fmt.Sprintf("[[sidecars]]\nname = %q\ncommand = %q\ndepends-on.%s = 'started'\n", name, command, needed)
}

func testBindings(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)

	it("bring sidecars to an app that declares none, with their programs and without their secrets", func() {
		apm := bind(t, "apm", lab.Files{"sidecar.toml": agent, "agent": lab.Child, "token": "secret"})
		image := lab.Build(t, app, apm...)
		Expect(image.Log).To(ContainSubstring(`The binding "apm" declares 1 sidecar`))
		c := image.Run(t)
		Eventually(c).Should(And(lab.Say("agent | the agent is up"), lab.Say("the app is up")))
		Expect(c.Exec("ls", "/layers/sidecar-buildpack_sidecar/agent/files")).To(Equal("agent"))
		_, err := lab.Try("docker", "exec", c.Name, "grep", "-rlx", "secret", "/layers", "/workspace")
		Expect(err).To(HaveOccurred())
	})

	it("bring sidecars whose programs the image has, beside the app's own", func() {
		image := lab.Build(t, lab.Files{"app": lab.Child, "sidecar.toml": "[[sidecars]]\nname = 'mine'\ncommand = 'sleep 1000'\n"}, append(
			bind(t, "b", lab.Files{"sidecar.toml": sidecar("two", "sleep 1002", "one")}),
			bind(t, "a", lab.Files{"sidecar.toml": sidecar("one", "/bin/sleep 1001", "mine")})...)...)
		Expect(image.Log).To(MatchRegexp(`(?s)sidecar.toml declares 1 sidecar.*The binding "a" declares.*The binding "b" declares`))
		Eventually(image.Run(t).Top).Should(ContainElements("sleep 1000", "/bin/sleep 1001", "sleep 1002"))
	})

	it("are refused where the app has a sidecar of that name", func() {
		apm := bind(t, "apm", lab.Files{"sidecar.toml": agent, "agent": lab.Child})
		log := lab.Refuse(t, lab.Files{"app": lab.Child, "sidecar.toml": agent, "agent": lab.Child}, apm...)
		Expect(log).To(ContainSubstring(`sidecar "agent" is declared in sidecar.toml and in the binding "apm": rename one`))
	})

	it("are refused where a file is missing", func() {
		apm := bind(t, "apm", lab.Files{"sidecar.toml": agent, "agnt": lab.Child})
		Expect(lab.Refuse(t, app, apm...)).To(
			ContainSubstring(`the binding "apm": sidecar "agent": command: the binding has no key "agent": add it`))
	})
}

func testBuildpacks(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)

	it("bring sidecars that stay in their layers", func() {
		metrics := lab.Path("integration", "sources", "testdata", "metrics")
		image := lab.Pack(t, app, "--buildpack", "from=builder", "--buildpack", metrics, "--buildpack", lab.Buildpack,
			"--env", "BP_SIDECAR_ENABLED=true")
		Expect(image.Log).To(And(
			ContainSubstring("The buildpack acme/metrics declares 1 sidecar"),
			ContainSubstring("/layers/acme_metrics/agent/bin/metrics")))
		Eventually(image.Run(t)).Should(And(lab.Say("metrics | metrics are up"), lab.Say("the app is up")))
	})

	it("bring sidecars in a layer and by the build plan, in a rebuild too, without being asked for", func() {
		samples := lab.Make(t, lab.Sample("buildpacks"))
		image := lab.Pack(t, app, "--buildpack", "from=builder", "--buildpack", filepath.Join(samples, "layer"),
			"--buildpack", lab.Buildpack, "--buildpack", filepath.Join(samples, "plan"))
		for range 2 {
			Expect(image.Log).To(And(
				ContainSubstring("The buildpack acme/metrics declares 1 sidecar"),
				ContainSubstring("The build plan declares 1 sidecar")))
			Eventually(image.Run(t)).Should(And(
				lab.Say("metrics | up --config /layers/acme_metrics/agent/agent.conf"), lab.Say("tracing | up --quiet"), lab.Say("the app is up")))
			image = image.Rebuild(t)
			Expect(image.Log).To(ContainSubstring("Reusing layer 'acme/metrics:agent'"))
		}
	})

	it("that bring sidecars don't need this one", func() {
		samples := lab.Make(t, lab.Sample("buildpacks"))
		image := lab.Pack(t, app, "--buildpack", "from=builder", "--buildpack", filepath.Join(samples, "layer"))
		Eventually(image.Run(t).Logs).Should(Equal("the app is up"))
	})

	it("may bring none, which is said", func() {
		image := lab.Build(t, app, "--env", "BP_SIDECAR_ENABLED=true")
		Expect(image.Log).To(ContainSubstring(
			"Nothing to run: neither the app nor a buildpack before this one declares sidecars, nor a binding of type sidecar (there are: none)"))
		Eventually(image.Run(t).Logs).Should(Equal("the app is up"))
	})
}

func testLaunch(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)

	it("declares sidecars as a classic buildpack of Cloud Foundry's does", func() {
		dir := lab.Make(t, lab.Files{"app": lab.Child, "agent": lab.Child, "launch.yml": `processes:
- type: agent
  command: ./agent say 'the agent is up' serve 0
  limits: {memory: 16}
  platforms: {cloudfoundry: {sidecar_for: [web]}}
`})
		takeRunBit(t, filepath.Join(dir, "agent"))
		image := lab.Build(t, lab.At(dir), "--env", "VCAP_APPLICATION={}")
		Expect(image.Log).To(And(ContainSubstring("launch.yml declares 1 sidecar"), ContainSubstring("web  agent  16M")))
		Eventually(image.Run(t)).Should(lab.Say("agent | the agent is up"))
	})
}
