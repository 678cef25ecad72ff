package sidecar_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
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

func TestSources(t *testing.T) {
	spec.Run(t, "Sources", testSources)
}

const agent = "[[sidecars]]\nname = \"agent\"\ncommand = [\"./agent\", \"--quiet\"]\n"

func testSources(t *testing.T, context spec.G, it spec.S) {
	var (
		Expect                   = NewWithT(t).Expect
		app, buildpack, platform string
		layers                   libcnb.Layers
		output                   *bytes.Buffer
		logger                   log.Logger
	)

	it.Before(func() {
		app, buildpack, platform = t.TempDir(), t.TempDir(), t.TempDir()
		layers = libcnb.Layers{Path: filepath.Join(t.TempDir(), "sidecar-buildpack_sidecar")}
		Expect(os.Mkdir(layers.Path, 0o755)).To(Succeed())
		output = &bytes.Buffer{}
		logger = log.NewPaketoLogger(output)
		write(t, filepath.Join(buildpack, "bin", "supervisor"), "supervisor")
		write(t, filepath.Join(filepath.Dir(layers.Path), "lab_static", "launch.toml"), `processes = [{type = "web", command = ["app"]}]`)
	})

	bind := func(name string, keys map[string]string) {
		write(t, filepath.Join(platform, "bindings", name, "type"), "sidecar\n")
		for key, text := range keys {
			write(t, filepath.Join(platform, "bindings", name, key), text)
		}
	}
	// another writes what a buildpack before this one leaves.
	another := func(file, text string) {
		write(t, filepath.Join(filepath.Dir(layers.Path), "acme_apm", file), text)
	}
	declares := func(file, text string) { write(t, filepath.Join(app, file), text) }
	here := func() libcnb.Platform {
		t.Helper()
		bindings, err := libcnb.NewBindingsFromPath(filepath.Join(platform, "bindings"))
		Expect(err).NotTo(HaveOccurred())
		return libcnb.Platform{Path: platform, Bindings: bindings}
	}
	detect := func() (libcnb.DetectResult, error) {
		t.Helper()
		return sidecar.NewDetect(logger)(libcnb.DetectContext{ApplicationPath: app, Platform: here()})
	}
	build := func() (libcnb.BuildResult, error) {
		t.Helper()
		detected, err := detect()
		Expect(err).NotTo(HaveOccurred())
		Expect(detected.Pass).To(BeTrue())
		text, err := toml.Marshal(map[string]any{"entries": detected.Plans[0].Requires})
		Expect(err).NotTo(HaveOccurred())
		var plan libcnb.BuildpackPlan
		Expect(toml.Unmarshal(text, &plan)).To(Succeed())
		return sidecar.NewBuild(logger)(libcnb.BuildContext{
			ApplicationPath: app, Layers: layers, Plan: plan, Platform: here(), Buildpack: libcnb.Buildpack{Path: buildpack},
		})
	}
	web := func() plan.Plan {
		t.Helper()
		p, err := plan.Read(filepath.Join(layers.Path, "supervisor", "plan.toml"), "web")
		Expect(err).NotTo(HaveOccurred())
		return p
	}

	context("bindings of type sidecar", func() {
		it("bring sidecars with their files, and nothing else of theirs", func() {
			bind("apm", map[string]string{"sidecar.toml": agent, "agent": "#!/bin/sh\n", "token": "secret"})
			Expect(build()).To(HaveField("Layers", ContainElement(HaveField("Name", "agent"))))
			files := filepath.Join(layers.Path, "agent", "files")
			Expect(web().Sidecars[0].Command).To(Equal([]string{filepath.Join(files, "agent"), "--quiet"}))
			Expect(web().Sidecars[0].WorkingDir).To(Equal(app))
			Expect(filepath.Join(files, "agent")).To(BeARegularFile())
			Expect(filepath.Join(files, "token")).NotTo(BeAnExistingFile())
			Expect(output.String()).To(ContainSubstring(`The binding "apm" declares 1 sidecar`))
			Expect(output.String()).NotTo(ContainSubstring("secret"))
		})

		it("add to those of the app, in the order of the bindings' names", func() {
			bind("b", map[string]string{"sidecar.toml": "[[sidecars]]\nname = 'two'\ncommand = 'x'\n"})
			bind("a", map[string]string{"sidecar.toml": "[[sidecars]]\nname = 'one'\ncommand = 'x'\ndepends-on.mine = 'started'\n"})
			declares("sidecar.toml", "[[sidecars]]\nname = 'mine'\ncommand = 'x'\ndepends-on.two = 'started'\n")
			result, err := build()
			Expect(err).NotTo(HaveOccurred())
			Expect(web().Sidecars).To(HaveExactElements(HaveField("Name", "two"), HaveField("Name", "mine"), HaveField("Name", "one")))
			Expect(declare.Decode(result.Labels[0].Value, "label")).To(HaveField("Sidecars", HaveLen(3)))
		})

		it("can't bring a sidecar that the app has", func() {
			bind("apm", map[string]string{"sidecar.toml": agent, "agent": "#!/bin/sh"})
			declares("sidecar.toml", agent)
			_, err := build()
			Expect(err).To(MatchError(`sidecar "agent" is declared in sidecar.toml and in the binding "apm": rename one`))
		})

		it("are refused at once where they are wrong", func() {
			bind("apm", map[string]string{"agent": ""})
			_, err := build()
			Expect(err).To(MatchError(`the binding "apm" is of type sidecar, but has no key sidecar.toml: add one that declares its sidecars`))
			bind("apm", map[string]string{"sidecar.toml": "[[sidecars]]\nname = 'x'\n"})
			_, err = build()
			Expect(err).To(MatchError(HavePrefix(`the binding "apm": sidecar.toml:1:3: sidecar "x": command is missing: `)))
		})

		it("say which file is missing", func() {
			bind("apm", map[string]string{"sidecar.toml": agent})
			_, err := build()
			Expect(err).To(MatchError(HavePrefix(`the binding "apm": sidecar "agent": command: the binding has no key "agent": `)))
			Expect(err).NotTo(MatchError(ContainSubstring("the app has no"))) // where nobody looks for it
		})

		it("of other types are none of ours", func() {
			write(t, filepath.Join(platform, "bindings", "db", "type"), "postgresql")
			Expect(detect()).To(HaveField("Pass", BeFalse()))
		})

		it("of other types declare nothing", func() {
			for kind, text := range map[string]string{"sidecars": "sidecars\n", "": ""} {
				bind("apm", map[string]string{"sidecar.toml": agent, "type": text})
				Expect(detect()).To(HaveField("Pass", BeTrue()))
				_, err := build()
				Expect(err).To(MatchError(fmt.Sprintf(
					`the binding "apm" has a sidecar.toml, but is of type %q: give it the type sidecar`, kind)))
			}
		})
	})

	context("another buildpack", func() {
		const apm = "[[sidecars]]\nname = \"agent\"\ncommand = [\"apm/bin/agent\", \"-v\"]\n"

		it.Before(func() { t.Setenv("BP_SIDECAR_ENABLED", "true") })

		it("brings sidecars that stay in its layers", func() {
			another("sidecar.toml", apm+"readiness-probe.exec.command = [\"apm/check\"]\n")
			another("apm.toml", "[types]\nlaunch = true\n")
			Expect(build()).To(HaveField("Layers", HaveExactElements(HaveField("Name", "supervisor"))))
			dir := filepath.Join(filepath.Dir(layers.Path), "acme_apm")
			Expect(web().Sidecars[0].Command).To(Equal([]string{filepath.Join(dir, "apm/bin/agent"), "-v"}))
			Expect(web().Sidecars[0].ReadinessProbe.Exec.Command).To(Equal([]string{filepath.Join(dir, "apm/check")}))
			Expect(web().Sidecars[0].WorkingDir).To(Equal(app))
			Expect(output.String()).To(ContainSubstring("The buildpack acme/apm declares 1 sidecar"))
		})

		it("may be depended on by the app", func() {
			another("sidecar.toml", "[[sidecars]]\nname = \"agent\"\ncommand = [\"/usr/bin/agent\"]\n")
			declares("sidecar.toml", "[[sidecars]]\nname = 'mine'\ncommand = 'x'\ndepends-on.agent = 'started'\n")
			Expect(build()).NotTo(BeZero())
			Expect(web().Sidecars[0].Name).To(Equal("agent"))
		})

		it("isn't heeded where a layer of its is called sidecar", func() {
			another("sidecar.toml", "[types]\nlaunch = true\n")
			Expect(build()).To(BeZero())
			Expect(output.String()).To(ContainSubstring("nor a binding of type sidecar (there are: none)"))
		})

		it("is told what of its won't be in the image", func() {
			another("sidecar.toml", apm)
			_, err := build()
			metadata := filepath.Join(filepath.Dir(layers.Path), "acme_apm", "apm.toml")
			const head = `the buildpack acme/apm: sidecar "agent" names "apm/bin/agent", `
			Expect(err).To(MatchError(head + "but there is no layer apm: " + metadata + " is missing"))
			another("apm.toml", "[types]\nbuild = true\n")
			_, err = build()
			Expect(err).To(MatchError(head + "which won't be in the image: write launch = true under [types] in " + metadata))
			another("apm.toml", "x")
			_, err = build()
			Expect(err).To(MatchError(HavePrefix(head + "but the layer's " + metadata + " can't be read: ")))
			another("sidecar.toml", "[[sidecars]]\nname = \"agent\"\ncommand = [\"../x\"]\n")
			_, err = build()
			Expect(err).To(MatchError(`the buildpack acme/apm: sidecar "agent" names "../x", which is in none of this buildpack's layers: ` +
				"write LAYER/PATH, relative to the directory of sidecar.toml"))
		})

		it("can't bring a sidecar that the app has", func() {
			another("sidecar.toml", "[[sidecars]]\nname = \"agent\"\ncommand = \"x\"\n")
			declares("sidecar.toml", "[[sidecars]]\nname = \"agent\"\ncommand = \"y\"\n")
			_, err := build()
			Expect(err).To(MatchError(`sidecar "agent" is declared in sidecar.toml and in the buildpack acme/apm: rename one`))
		})
	})

	context("a layer of another buildpack", func() {
		const inLayer = "[[sidecars]]\nname = \"agent\"\ncommand = [\"bin/agent\", \"--conf=./conf.yml\", \"./data\"]\n"

		it.Before(func() {
			t.Setenv("BP_SIDECAR_ENABLED", "true")
			another("apm.toml", "[types]\nlaunch = true\n")
			another("apm/sidecar.toml", inLayer)
			another("apm/bin/agent", "#!/bin/sh\n")
			another("apm/conf.yml", "")
		})

		it("brings sidecars with paths relative to it", func() {
			Expect(build()).NotTo(BeZero())
			dir := filepath.Join(filepath.Dir(layers.Path), "acme_apm", "apm")
			Expect(web().Sidecars[0].Command).To(Equal([]string{filepath.Join(dir, "bin/agent"), "--conf=" + filepath.Join(dir, "conf.yml"),
				"./data"}))
			Expect(output.String()).To(ContainSubstring("The buildpack acme/apm declares 1 sidecar"))
		})

		it("brings them where it is reused, and so isn't there to see", func() {
			result, err := build()
			Expect(err).NotTo(HaveOccurred())
			text, err := toml.Marshal(result.Layers[0])
			Expect(err).NotTo(HaveOccurred())
			write(t, filepath.Join(layers.Path, "supervisor.toml"), string(text))
			first := web()
			Expect(os.RemoveAll(filepath.Join(filepath.Dir(layers.Path), "acme_apm", "apm"))).To(Succeed())
			Expect(build()).NotTo(BeZero())
			Expect(web()).To(Equal(first))
			Expect(output.String()).To(ContainSubstring("Reusing"))
		})

		it("isn't heeded where it isn't in the image", func() {
			another("apm.toml", "[types]\nbuild = true\n")
			Expect(build()).To(BeZero())
		})

		it("is told what it doesn't have", func() {
			another("apm/sidecar.toml", "[[sidecars]]\nname = \"agent\"\ncommand = [\"bin/x\"]\n")
			_, err := build()
			Expect(err).To(MatchError(HavePrefix(`the buildpack acme/apm: sidecar "agent" names "bin/x", which its layer doesn't have: `)))
		})
	})

	context("the build plan", func() {
		it("has what the sidecars require", func() {
			declares("sidecar.toml", "[[sidecars]]\nname = \"a\"\ncommand = \"java\"\nrequires = [\"jre\"]\n")
			result, err := detect()
			Expect(err).NotTo(HaveOccurred())
			Expect(result.Plans[0].Requires[1:]).To(Equal([]libcnb.BuildPlanRequire{{Name: "jre", Metadata: map[string]any{"launch": true}}}))
		})

		it("brings what other buildpacks require", func() {
			result, err := sidecar.NewBuild(logger)(libcnb.BuildContext{
				ApplicationPath: app, Layers: layers, Buildpack: libcnb.Buildpack{Path: buildpack},
				Plan: libcnb.BuildpackPlan{Entries: []libcnb.BuildpackPlanEntry{{Name: "sidecar", Metadata: map[string]any{
					"launch":   true,
					"sidecars": []map[string]any{{"name": "tracer", "command": []any{"sh", "-c", "tracer"}, "memory": "16M"}},
				}}, {Name: "sidecar"}}},
			})
			Expect(err).NotTo(HaveOccurred())
			Expect(result.Processes).To(HaveLen(2))
			Expect(web().Sidecars[0].Name).To(Equal("tracer"))
			Expect(output.String()).To(ContainSubstring("The build plan declares 1 sidecar"))
		})

		it("waits for other buildpacks in a builder, where nothing else declares sidecars", func() {
			at := libcnb.Buildpack{Info: libcnb.BuildpackInfo{ID: "sidecar-buildpack/sidecar", Version: "1.2.3"}}
			at.Path = "/cnb/buildpacks/sidecar-buildpack_sidecar/1.2.3"
			result, err := sidecar.NewDetect(logger)(libcnb.DetectContext{ApplicationPath: app, Buildpack: at})
			Expect(err).NotTo(HaveOccurred())
			Expect(result.Pass).To(BeTrue())
			Expect(result.Plans).To(HaveLen(2))
			Expect(result.Plans[0].Requires).To(ContainElement(HaveField("Name", "sidecar-layer")))
			Expect(result.Plans[1].Requires).To(BeEmpty())
		})
	})

	context("launch.yml", func() {
		const launch = "processes: [{type: newrelic, command: run, platforms: {cloudfoundry: {sidecar_for: [web]}}}]"

		it("declares sidecars, on Cloud Foundry too", func() {
			t.Setenv("VCAP_APPLICATION", "{}")
			declares("launch.yml", launch)
			declares("manifest.yml", manifest)
			Expect(build()).NotTo(BeZero())
			Expect(web().Sidecars).To(HaveExactElements(HaveField("Name", "newrelic")))
			Expect(output.String()).To(And(ContainSubstring("launch.yml declares 1 sidecar"), ContainSubstring(declare.ErrLeft.Error())))
		})

		it("is passed over where nothing has sidecar_for", func() {
			t.Setenv("BP_LOG_LEVEL", "debug")
			logger = log.NewPaketoLogger(output)
			declares("launch.yml", "processes: [{type: web, command: run}]")
			Expect(detect()).To(HaveField("Pass", BeFalse()))
			Expect(output.String()).To(ContainSubstring("launch.yml is passed over: none of its processes has a sidecar_for"))
		})
	})

	context("BP_SIDECAR_ENABLED", func() {
		it("lets the buildpack take part though nothing is declared", func() {
			Expect(detect()).To(HaveField("Pass", BeFalse()))
			Expect(output.String()).To(ContainSubstring("BP_SIDECAR_ENABLED=true"))
			t.Setenv("BP_SIDECAR_ENABLED", "true")
			Expect(detect()).To(HaveField("Pass", BeTrue()))
		})

		it("must be a truth", func() {
			t.Setenv("BP_SIDECAR_ENABLED", "maybe")
			_, err := build()
			Expect(err).To(MatchError(And(ContainSubstring("BP_SIDECAR_ENABLED"), ContainSubstring("maybe"), ContainSubstring("true"))))
		})
	})
}
