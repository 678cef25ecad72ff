package layer_test

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/buildpacks/libcnb/v2"
	. "github.com/onsi/gomega"
	"github.com/paketo-buildpacks/libpak/v2/log"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/layer"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func TestSupervisor(t *testing.T) {
	spec.Run(t, "Supervisor", testSupervisor)
}

func testSupervisor(t *testing.T, context spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		layers     string
		output     *bytes.Buffer
		supervisor layer.Supervisor
	)

	process := func(name string) plan.Process {
		return plan.Process{Name: name, Command: []string{"run"}, Restart: plan.Never, StopSignal: "SIGTERM", Logs: plan.Raw}
	}

	it.Before(func() {
		buildpack := t.TempDir()
		layers = t.TempDir()
		output = &bytes.Buffer{}
		write(t, filepath.Join(buildpack, "bin", "supervisor"), "supervisor", 0o755)
		write(t, filepath.Join(buildpack, "bin", "supervisor-probe"), "probe", 0o755)
		supervisor = layer.Supervisor{
			Buildpack: buildpack,
			Plans:     []plan.Plan{{Type: "web", App: process(plan.AppName), Sidecars: []plan.Process{process("config-server")}}},
			Scripts:   map[string]string{"web": "true"},
			Env:       map[string]string{"PORT": "8082"},
			Logger:    log.NewPaketoLogger(output),
		}
	})

	contribute := func() libcnb.Layer {
		t.Helper()
		output.Reset()
		l, err := (&libcnb.Layers{Path: layers}).Layer(supervisor.Name())
		Expect(err).NotTo(HaveOccurred())
		Expect(supervisor.Contribute(&l)).To(Succeed())
		writeMetadata(t, l)
		return l
	}

	it("holds what the image needs", func() {
		l := contribute()
		Expect(l.LayerTypes).To(Equal(libcnb.LayerTypes{Launch: true}))
		Expect(l.LaunchEnvironment).To(Equal(libcnb.Environment{"PORT.default": "8082"}))
		Expect(os.ReadFile(layer.Executable(layers))).To(BeEquivalentTo("supervisor"))
		Expect(mode(t, layer.Executable(layers)) & 0o111).To(BeEquivalentTo(0o111))
		Expect(plan.Read(filepath.Join(l.Path, "plan.toml"), "web")).To(Equal(supervisor.Plans[0]))
		Expect(os.ReadFile(layer.Script(layers, "web"))).To(BeEquivalentTo("true"))
		Expect(filepath.Join(l.Path, "bin", "supervisor-probe")).NotTo(BeAnExistingFile())
	})

	it("has the helper where only a pre-stop needs it", func() {
		supervisor.Plans[0].Sidecars[0].PreStop = &plan.Hook{HTTPGet: &plan.HTTPGet{Scheme: "HTTPS", Port: 1}}
		Expect(filepath.Join(contribute().Path, "bin", "supervisor-probe")).To(BeARegularFile())
	})

	it("has the helper where a probe needs it", func() {
		supervisor.Plans[0].App.ReadinessProbe = &plan.Probe{GRPC: &plan.GRPC{Port: 1}}
		Expect(filepath.Join(contribute().Path, "bin", "supervisor-probe")).To(BeARegularFile())
	})

	context("a rebuild", func() {
		it.Before(func() { contribute() })

		it("reuses the layer where nothing has changed", func() {
			contribute()
			Expect(output.String()).To(ContainSubstring("Reusing"))
		})

		changes := map[string]func(){
			"the supervisor": func() { write(t, filepath.Join(supervisor.Buildpack, "bin", "supervisor"), "new", 0o755) },
			"a plan":         func() { supervisor.Plans[0].Sidecars[0].Command = []string{"x"} },
			"a script":       func() { supervisor.Scripts["web"] = "false" },
			"a variable":     func() { supervisor.Env["PORT"] = "1" },
		}
		for _, what := range slices.Sorted(maps.Keys(changes)) {
			it("fills it anew when that has changed: "+what, func() {
				changes[what]()
				contribute()
				Expect(output.String()).To(ContainSubstring("Contributing"))
			})
		}
	})
}

// writeMetadata does what libcnb does after a build.
func writeMetadata(t *testing.T, l libcnb.Layer) {
	t.Helper()
	text, err := toml.Marshal(l)
	g := NewWithT(t)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(os.WriteFile(l.Path+".toml", text, 0o644)).To(Succeed())
}
