package sidecar_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/buildpacks/libcnb/v2"
	. "github.com/onsi/gomega"
	"github.com/paketo-buildpacks/libpak/v2/log"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/sidecar"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func TestBuildpack(t *testing.T) {
	spec.Run(t, "Buildpack", testBuildpack)
}

const declaration = `[[sidecars]]
name = "config server"
command = ["./config-server"]
memory = "64M"
[[sidecars]]
name = "ticker"
process-types = ["web", "worker"]
command = ["tick"]
memory = "16M"
`

const manifest = `applications:
- name: app
  env: {CONFIG_SERVER_PORT: 8082}
  sidecars:
  - name: config-server
    process_types: [web]
    command: ./config-server
    color: blue
`

func testBuildpack(t *testing.T, context spec.G, it spec.S) {
	var (
		Expect         = NewWithT(t).Expect
		app, buildpack string
		layers         libcnb.Layers
		output         *bytes.Buffer
		logger         log.Logger
	)

	it.Before(func() {
		app, buildpack = t.TempDir(), t.TempDir()
		layers = libcnb.Layers{Path: filepath.Join(t.TempDir(), "sidecar-buildpack_sidecar")}
		Expect(os.Mkdir(layers.Path, 0o755)).To(Succeed())
		output = &bytes.Buffer{}
		logger = log.NewPaketoLogger(output)
		write(t, filepath.Join(buildpack, "bin", "supervisor"), "supervisor")
		write(t, filepath.Join(app, "config-server"), "#!/bin/sh\n")
	})

	info := libcnb.BuildpackInfo{Name: "Sidecar Buildpack", Version: "1.2.3"}
	detect := func() (libcnb.DetectResult, error) {
		return sidecar.NewDetect(logger)(libcnb.DetectContext{ApplicationPath: app, Buildpack: libcnb.Buildpack{Info: info}})
	}
	// handOver carries detect's plan to build as the lifecycle does.
	handOver := func() libcnb.BuildpackPlan {
		t.Helper()
		result, err := detect()
		Expect(err).NotTo(HaveOccurred())
		Expect(result.Pass).To(BeTrue())
		text, err := toml.Marshal(map[string]any{"entries": result.Plans[0].Requires})
		Expect(err).NotTo(HaveOccurred())
		var plan libcnb.BuildpackPlan
		Expect(toml.Unmarshal(text, &plan)).To(Succeed())
		output.Reset()
		return plan
	}
	build := func(plan libcnb.BuildpackPlan) (libcnb.BuildResult, error) {
		return sidecar.NewBuild(logger)(libcnb.BuildContext{
			ApplicationPath: app, Layers: layers, Plan: plan, Buildpack: libcnb.Buildpack{Info: info, Path: buildpack},
		})
	}
	earlier := func(launch string) {
		write(t, filepath.Join(filepath.Dir(layers.Path), "other", "launch.toml"), launch)
	}

	context("detect", func() {
		it("takes part where sidecars are declared", func() {
			write(t, filepath.Join(app, "sidecar.toml"), declaration)
			result, err := detect()
			Expect(err).NotTo(HaveOccurred())
			Expect(result.Pass).To(BeTrue())
			Expect(result.Plans).To(HaveLen(1))
			Expect(result.Plans[0].Provides).To(Equal([]libcnb.BuildPlanProvide{{Name: "sidecar"}}))
		})

		it("says what to add where they aren't", func() {
			Expect(detect()).To(Equal(libcnb.DetectResult{}))
			Expect(output.String()).To(ContainSubstring("Sidecar Buildpack: " + declare.ErrNone.Error()))
			Expect(output.String()).To(ContainSubstring("BP_SIDECAR_CONFIG"))
			Expect(bytes.Count(output.Bytes(), []byte("\n"))).To(Equal(1))
		})

		it("says what was likely meant", func() {
			t.Setenv("BP_SIDECAR_CONFG", "x")
			write(t, filepath.Join(app, "sidecars.toml"), declaration)
			Expect(detect()).To(Equal(libcnb.DetectResult{}))
			Expect(output.String()).To(And(
				ContainSubstring("BP_SIDECAR_CONFG is set, but there is no such variable: did you mean BP_SIDECAR_CONFIG?"),
				ContainSubstring("There is a sidecars.toml: call it sidecar.toml, or name it with BP_SIDECAR_CONFIG")))
		})

		it("reads what BP_SIDECAR_CONFIG names", func() {
			t.Setenv("BP_SIDECAR_CONFIG", "ops/mine.toml")
			write(t, filepath.Join(app, "ops", "mine.toml"), declaration)
			Expect(detect()).To(HaveField("Pass", BeTrue()))
		})

		it("leaves it to the build to say what is wrong, since builders show what detect writes once a group", func() {
			write(t, filepath.Join(app, "sidecar.toml"), "[[sidecars]]\nname = \"x\"\ncomand = \"y\"\n")
			write(t, filepath.Join(app, "launch.yml"), "processes: [{command: x, platforms: {cloudfoundry: {sidecar_for: [web]}}}]\n")
			_, err := build(handOver())
			Expect(err).To(MatchError(And(ContainSubstring("sidecar.toml"), ContainSubstring("comand"), ContainSubstring("launch.yml:"))))
		})
	})

	context("Cloud Foundry stages an app", func() {
		it.Before(func() { t.Setenv("VCAP_APPLICATION", "{}") })

		it("leaves the manifest's sidecars to it and says so", func() {
			write(t, filepath.Join(app, "manifest.yml"), manifest)
			Expect(build(handOver())).To(Equal(libcnb.BuildResult{}))
			Expect(output.String()).To(ContainSubstring(declare.ErrLeft.Error()))
			Expect(filepath.Join(app, "config-server")).To(BeARegularFile())
		})

		it("runs those of sidecar.toml", func() {
			write(t, filepath.Join(app, "sidecar.toml"), "[[sidecars]]\nname = \"x\"\ncommand = [\"y\"]\n")
			earlier(`processes = [{type = "web", command = ["app"]}]`)
			Expect(build(handOver())).To(HaveField("Processes", HaveLen(2)))
		})
	})

	context("build", func() {
		it.Before(func() {
			write(t, filepath.Join(app, "sidecar.toml"), declaration)
			earlier(`processes = [{type = "web", command = ["app"], args = ["--port"], default = true}, {type = "worker", command = ["work"]}]`)
		})

		it("puts the supervisor in front and keeps what was there", func() {
			result, err := build(handOver())
			Expect(err).NotTo(HaveOccurred())
			supervisor := filepath.Join(layers.Path, "supervisor", "bin", "supervisor")
			Expect(result.Processes).To(Equal([]libcnb.Process{
				{Type: "web", Command: []string{supervisor, "run", "web", "--", "app"}, Arguments: []string{"--port"}, Default: true},
				{Type: "worker", Command: []string{supervisor, "run", "worker", "--", "work"}},
				{Type: "config-server", Command: []string{"./config-server"}, WorkingDirectory: app},
				{Type: "ticker", Command: []string{"tick"}, WorkingDirectory: app},
			}))
			Expect(supervisor).To(BeARegularFile())
			web, err := plan.Read(filepath.Join(layers.Path, "supervisor", "plan.toml"), "web")
			Expect(err).NotTo(HaveOccurred())
			Expect(web.Sidecars).To(HaveLen(2))
		})

		it("packages sidecars even where another buildpack has replaced the app since", func() {
			plan := handOver()
			Expect(os.Remove(filepath.Join(app, "sidecar.toml"))).To(Succeed())
			result, err := build(plan)
			Expect(err).NotTo(HaveOccurred())
			Expect(result.Layers).To(HaveExactElements(HaveField("Name", "supervisor")))
			Expect(result.Slices).To(Equal([]libcnb.Slice{{Paths: []string{"config-server"}}}))
		})

		it("has a sidecar's own process type find its program in its directory", func() {
			write(t, filepath.Join(app, "conf", "agent"), "#!/bin/sh\n")
			write(t, filepath.Join(app, "sidecar.toml"), "[[sidecars]]\nname = 'agent'\ncommand = './agent'\nworking-dir = 'conf'\n")
			result, err := build(handOver())
			Expect(err).NotTo(HaveOccurred())
			Expect(result.Processes).To(ContainElement(libcnb.Process{
				Type: "agent", Command: []string{filepath.Join(app, "conf", "agent")}, WorkingDirectory: filepath.Join(app, "conf"),
			}))
		})

		it("labels the image with the declaration", func() {
			result, err := build(handOver())
			Expect(err).NotTo(HaveOccurred())
			Expect(result.Labels).To(HaveLen(1))
			Expect(declare.Decode(result.Labels[0].Value, "label")).To(HaveField("Sidecars", HaveLen(2)))
		})

		it("shows commands without what a terminal would obey, however long another is", func() {
			write(t, filepath.Join(app, "sidecar.toml"), "[[sidecars]]\nname = \"a\"\ncommand = [\"tick\", \"\\u001b[2Jcleared\"]\n")
			earlier(`processes = [{type = "web", command = ["` + strings.Repeat("x", 2<<20) + `"]}]`)
			Expect(build(handOver())).NotTo(BeZero())
			Expect(output.String()).To(ContainSubstring(`tick '\x1b[2Jcleared'`))
			for line := range strings.Lines(output.String()) {
				if !strings.Contains(line, "Warning: ") { // which can be searched for, in one line
					Expect(len([]rune(strings.TrimPrefix(line, "\x1b[2m")))).To(BeNumerically("<=", 80+len("\x1b[0m\n")), line)
				}
			}
		})

		it("tells what it did", func() {
			Expect(build(handOver())).NotTo(BeZero())
			for _, text := range []string{
				"Sidecar Buildpack", "1.2.3", "sidecar.toml declares 2 sidecars", "config-server", "Contributing",
				"web (default)  before  app --port", "now     supervisor run web -- app --port",
				"config server  64M", "app            the rest of the container: all but 80M",
			} {
				Expect(output.String()).To(ContainSubstring(text))
			}
		})

		it("leaves a process type alone that has a sidecar's name", func() {
			earlier(`processes = [{type = "web", command = ["app"]}, {type = "worker", command = ["work"]}, {type = "ticker", command = ["other"]}]`)
			result, err := build(handOver())
			Expect(err).NotTo(HaveOccurred())
			Expect(result.Processes).To(HaveLen(3))
			Expect(output.String()).To(ContainSubstring(`The sidecar "ticker" has no process type of its own`))
		})

		it("starts a process behind profile scripts with a script of its own", func() {
			earlier(`processes = [{type = "web", command = "exec app $PORT"}, {type = "worker", command = "work", direct = true}]`)
			result, err := build(handOver())
			Expect(err).NotTo(HaveOccurred())
			script := filepath.Join(layers.Path, "supervisor", "shell", "web.bash")
			Expect(result.Processes[0].Command).To(Equal([]string{"/bin/bash", script, "exec app $PORT"}))
			Expect(os.ReadFile(script)).To(ContainSubstring("/supervisor/bin/supervisor' run 'web' -- bash -c"))
		})

		it("says which process types there are where one is missing", func() {
			earlier(`processes = [{type = "web", command = ["app"]}, {type = "task", command = ["x"]}]`)
			_, err := build(handOver())
			Expect(err).To(MatchError(And(
				HavePrefix(`sidecar.toml: sidecar "ticker" is for the process type "worker", which no buildpack before this one defines`),
				ContainSubstring("they define task, web."),
				HaveSuffix("order this buildpack last"))))
		})

		it("makes a manifest's env the launch default and passes its warnings on", func() {
			Expect(os.Remove(filepath.Join(app, "sidecar.toml"))).To(Succeed())
			write(t, filepath.Join(app, "manifest.yml"), manifest)
			result, err := build(handOver())
			Expect(err).NotTo(HaveOccurred())
			Expect(result.Layers[0].LaunchEnvironment).To(Equal(libcnb.Environment{"CONFIG_SERVER_PORT.default": "8082"}))
			Expect(output.String()).To(ContainSubstring("Warning: "))
		})

		it("tells all that is wrong at once, before anything is downloaded", func() {
			write(t, filepath.Join(app, "sidecar.toml"), declaration+`[[sidecars]]
name = "agent"
process-types = ["wev"]
command = ["./agent"]
[[sidecars.dependencies]]
uri = "http://example.invalid/agent"
sha256 = "`+strings.Repeat("0", 64)+`"
`)
			Expect(os.Remove(filepath.Join(app, "config-server"))).To(Succeed())
			_, err := build(handOver())
			Expect(err).To(MatchError(And(ContainSubstring(`process type "wev"`), ContainSubstring(`has no "config-server"`))))
			Expect(err).NotTo(MatchError(ContainSubstring("example.invalid")))
		})

		it("gives a sidecar's own process type its variables", func() {
			write(t, filepath.Join(app, "sidecar.toml"),
				"[[sidecars]]\nname = \"a b\"\ncommand = [\"tick\"]\nenv = { A = \"1\", \"b/c\" = \"2\" }\n")
			result, err := build(handOver())
			Expect(err).NotTo(HaveOccurred())
			Expect(result.Layers[0].LaunchEnvironment).To(Equal(libcnb.Environment{"a-b/A.override": "1"}))
		})

		it("shows nobody what may be a secret in a URI", func() {
			write(t, filepath.Join(app, "sidecar.toml"), `[[sidecars]]
name = "agent"
command = ["./agent"]
[[sidecars.dependencies]]
uri = "file://`+filepath.ToSlash(filepath.Join(app, "config-server"))+`?token=hunter2"
sha256 = "a8076d3d28d21e02012b20eaf7dbf75409a6277134439025f282e368e3305abf"
`)
			plan := handOver()
			Expect(fmt.Sprint(plan)).NotTo(ContainSubstring("hunter2"))
			result, err := build(plan)
			Expect(err).NotTo(HaveOccurred())
			Expect(result.Labels[0].Value).To(ContainSubstring("?***"))
			Expect(fmt.Sprint(result, output)).NotTo(ContainSubstring("hunter2"))
			Expect(os.Remove(filepath.Join(app, "sidecar.toml"))).To(Succeed())
			_, err = build(plan)
			Expect(err).To(MatchError(HavePrefix(`sidecar.toml: sidecar "agent": ` +
				`dependencies: file://` + app + "/config-server?***: what is behind")))
		})

		it("names the declaration that names a missing file", func() {
			Expect(os.Remove(filepath.Join(app, "config-server"))).To(Succeed())
			_, err := build(handOver())
			Expect(err).To(MatchError(ContainSubstring(`sidecar.toml: sidecar "config server": command: the app has no "config-server"`)))
		})
	})
}

func write(t *testing.T, path, text string) {
	t.Helper()
	g := NewWithT(t)
	g.Expect(os.MkdirAll(filepath.Dir(path), 0o755)).To(Succeed())
	g.Expect(os.WriteFile(path, []byte(text), 0o755)).To(Succeed())
}
