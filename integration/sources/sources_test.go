// Package sources_test shows with the real pack where sidecars can come from, besides the app's sidecar.toml and manifest.yml.
package sources_test

import (
	"fmt"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
)

func TestSources(t *testing.T) {
	suite := spec.New("sources", spec.Parallel(), spec.Flat())
	suite.Before(require)
	suite("bindings", testBindings)
	suite("buildpacks", testBuildpacks)
	suite("launch.yml", testLaunch)
	suite.Run(t)
}

const agent = `[[sidecars]]
name = "agent"
command = ["./agent", "say", "the agent is up", "serve", "0"]
`

// bind makes a binding of type sidecar and gives the arguments that mount it.
func bind(t *testing.T, name string, keys map[string]string) []string {
	t.Helper()
	keys["type"] = "sidecar"
	return []string{"--volume", directory(t, keys) + ":/platform/bindings/" + name}
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
		apm := bind(t, "apm", map[string]string{"sidecar.toml": agent, "agent": "", "token": "secret"})
		image, log, err := build(t, map[string]string{}, append(apm, "--post-buildpack", cnb())...)
		Expect(err).NotTo(HaveOccurred())
		Expect(log).To(ContainSubstring(`The binding "apm" declares 1 sidecar`))
		container := start(t, image)
		Eventually(logs(container)).Should(And(ContainSubstring("agent | the agent is up\n"), ContainSubstring("the app is up\n")))
		Expect(run("docker", "exec", container, "ls", "/layers/sidecar-buildpack_sidecar/agent/files")).To(Equal("agent\n"))
		Expect(run("docker", "exec", container, "grep", "-rlx", "secret", "/layers", "/workspace")).Error().To(HaveOccurred())
	})

	it("bring sidecars whose programs the image has, beside the app's own", func() {
		both := append(
			bind(t, "b", map[string]string{"sidecar.toml": sidecar("two", "sleep 1002", "one")}),
			bind(t, "a", map[string]string{"sidecar.toml": sidecar("one", "/bin/sleep 1001", "mine")})...)
		image, log, err := build(t, map[string]string{"sidecar.toml": "[[sidecars]]\nname = 'mine'\ncommand = 'sleep 1000'\n"},
			append(both, "--post-buildpack", cnb())...)
		Expect(err).NotTo(HaveOccurred())
		Expect(log).To(MatchRegexp(`(?s)sidecar.toml declares 1 sidecar.*The binding "a" declares.*The binding "b" declares`))
		container := start(t, image)
		Eventually(func() (string, error) { return run("docker", "top", container, "-o", "pid,args") }).Should(
			And(ContainSubstring("sleep 1000"), ContainSubstring("/bin/sleep 1001"), ContainSubstring("sleep 1002")))
	})

	it("are refused where the app has a sidecar of that name", func() {
		apm := bind(t, "apm", map[string]string{"sidecar.toml": agent, "agent": ""})
		_, log, err := build(t, map[string]string{"sidecar.toml": agent, "agent": ""}, append(apm, "--post-buildpack", cnb())...)
		Expect(err).To(HaveOccurred())
		Expect(log).To(ContainSubstring(`sidecar "agent" is declared in sidecar.toml and in the binding "apm": rename one`))
	})

	it("are refused where a file is missing", func() {
		apm := bind(t, "apm", map[string]string{"sidecar.toml": agent, "agnt": ""})
		_, log, err := build(t, map[string]string{}, append(apm, "--post-buildpack", cnb())...)
		Expect(err).To(HaveOccurred())
		Expect(log).To(ContainSubstring(`the binding "apm": sidecar "agent": command: the binding has no key "agent": add it`))
	})
}

func testBuildpacks(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)

	it("bring sidecars that stay in their layers", func() {
		metrics := filepath.Join(root, "integration", "sources", "testdata", "metrics")
		image, log, err := build(t, map[string]string{},
			"--buildpack", "from=builder", "--buildpack", metrics, "--buildpack", cnb(), "--env", "BP_SIDECAR_ENABLED=true")
		Expect(err).NotTo(HaveOccurred())
		Expect(log).To(And(
			ContainSubstring("The buildpack acme/metrics declares 1 sidecar"),
			ContainSubstring("/layers/acme_metrics/agent/bin/metrics")))
		Eventually(logs(start(t, image))).Should(And(ContainSubstring("metrics | metrics are up\n"), ContainSubstring("the app is up\n")))
	})

	it("may bring none, which is said", func() {
		image, log, err := build(t, map[string]string{}, "--post-buildpack", cnb(), "--env", "BP_SIDECAR_ENABLED=true")
		Expect(err).NotTo(HaveOccurred())
		Expect(log).To(ContainSubstring("Nothing to run: neither the app nor a binding nor a buildpack before this one declares sidecars"))
		Eventually(logs(start(t, image))).Should(Equal("the app is up\n"))
	})
}

func testLaunch(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)

	it("declares sidecars as a classic buildpack of Cloud Foundry's does", func() {
		image, log, err := build(t, map[string]string{"agent": "", "launch.yml": `processes:
- type: agent
  command: ./agent say 'the agent is up' serve 0
  limits: {memory: 16}
  platforms: {cloudfoundry: {sidecar_for: [web]}}
`}, "--post-buildpack", cnb(), "--env", "VCAP_APPLICATION={}")
		Expect(err).NotTo(HaveOccurred())
		Expect(log).To(And(ContainSubstring("launch.yml declares 1 sidecar"), ContainSubstring("web  agent  16M")))
		Eventually(logs(start(t, image))).Should(ContainSubstring("agent | the agent is up\n"))
	})
}
