package layer_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/buildpacks/libcnb/v2"
	. "github.com/onsi/gomega"
	"github.com/paketo-buildpacks/libpak/v2/log"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/layer"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func TestBound(t *testing.T) {
	spec.Run(t, "Bound", testBound)
}

func testBound(t *testing.T, context spec.G, it spec.S) {
	var (
		Expect         = NewWithT(t).Expect
		bound, layers  string
		output         *bytes.Buffer
		dir            func(file ...string) string
		keys           = []string{"agent", "agent.yml", "check", "token"}
		sidecar, ready declare.Sidecar
	)

	it.Before(func() {
		bound, layers, output = t.TempDir(), t.TempDir(), &bytes.Buffer{}
		dir = func(file ...string) string {
			return filepath.Join(append([]string{layers, "my-agent", "files"}, file...)...)
		}
		for _, key := range keys {
			write(t, filepath.Join(bound, key), "#!/bin/sh\n", 0o644)
		}
		sidecar = declare.Sidecar{Name: "My Agent", Command: []string{"./agent", "--quiet"}}
	})

	contribute := func() (libcnb.Layer, error) {
		t.Helper()
		output.Reset()
		binding, err := libcnb.NewBindingFromPath(bound)
		Expect(err).NotTo(HaveOccurred())
		var c interface {
			Name() string
			Contribute(*libcnb.Layer) error
		}
		ctx := libcnb.BuildContext{Layers: libcnb.Layers{Path: layers}}
		if ready, c, err = layer.NewBound(ctx, binding, sidecar, log.NewPaketoLogger(output)); err != nil || c == nil {
			return libcnb.Layer{}, err
		}
		l, err := (&libcnb.Layers{Path: layers}).Layer(c.Name())
		Expect(err).NotTo(HaveOccurred())
		err = c.Contribute(&l)
		writeMetadata(t, l)
		return l, err
	}
	packaged := func() []string {
		t.Helper()
		entries, err := os.ReadDir(dir())
		Expect(err).NotTo(HaveOccurred())
		var names []string
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}

	it("packages the command's file, runnable, and none that isn't named", func() {
		l, err := contribute()
		Expect(err).NotTo(HaveOccurred())
		Expect(l.LayerTypes).To(Equal(libcnb.LayerTypes{Launch: true}))
		Expect(packaged()).To(Equal([]string{"agent"}))
		Expect(os.ReadFile(dir("agent"))).To(BeEquivalentTo("#!/bin/sh\n"))
		Expect(mode(t, dir("agent"))).To(BeEquivalentTo(0o755))
	})

	it("has it run from there, in the app's directory as any other", func() {
		Expect(contribute()).NotTo(BeZero())
		Expect(ready.Command).To(Equal(declare.Command{dir("agent"), "--quiet"}))
		Expect(ready.WorkingDir).To(BeEmpty())
		Expect(sidecar.Command[0]).To(Equal("./agent"))
	})

	it("lets everybody read what a secret is mounted with for its owner alone", func() {
		Expect(os.Chmod(filepath.Join(bound, "agent"), 0o400)).To(Succeed())
		Expect(os.Chmod(filepath.Join(bound, "token"), 0o600)).To(Succeed())
		sidecar.Files = []string{"./token"}
		Expect(contribute()).NotTo(BeZero())
		Expect(mode(t, dir("agent"))).To(BeEquivalentTo(0o555))
		Expect(mode(t, dir("token"))).To(BeEquivalentTo(0o644))
	})

	it("packages what files and commands name, wherever it stands", func() {
		sidecar.Command = []string{"bash", "-c", `exec ./agent --config=./agent.yml ./agent/x a./token ./nothing`}
		sidecar.Files = []string{"./token"}
		sidecar.LivenessProbe = &plan.Probe{Exec: &plan.Exec{Command: []string{"./check", "./check"}}}
		Expect(contribute()).NotTo(BeZero())
		Expect(packaged()).To(Equal(keys))
		Expect(mode(t, dir("agent"))).To(BeEquivalentTo(0o755))
		Expect(mode(t, dir("check"))).To(BeEquivalentTo(0o755))
		Expect(mode(t, dir("token"))).To(BeEquivalentTo(0o644))
		Expect(ready.Command[2]).To(Equal("exec " + dir("agent") + " --config=" + dir("agent.yml") + " ./agent/x a./token ./nothing"))
		Expect(ready.LivenessProbe.Exec.Command).To(Equal([]string{dir("check"), dir("check")}))
		Expect(ready.Files).To(BeEmpty())
	})

	it("needs no file where the command is the image's", func() {
		for _, program := range []string{"agent", "/usr/bin/agent"} {
			sidecar.Command = []string{program}
			Expect(contribute()).To(BeZero())
			Expect(ready).To(Equal(sidecar))
		}
	})

	it("leaves a program to the downloads where there are some", func() {
		sidecar.Command = []string{"./downloaded", "--config", "./agent.yml"}
		sidecar.Dependencies = []declare.Dependency{{}}
		Expect(contribute()).NotTo(BeZero())
		Expect(ready.Command).To(Equal(declare.Command{"./downloaded", "--config", dir("agent.yml")}))
	})

	it("follows the links with which platforms mount bindings", func() {
		Expect(os.Mkdir(filepath.Join(bound, "..data"), 0o755)).To(Succeed())
		Expect(os.Rename(filepath.Join(bound, "agent"), filepath.Join(bound, "..data", "agent"))).To(Succeed())
		Expect(os.Symlink("..data/agent", filepath.Join(bound, "agent"))).To(Succeed())
		Expect(contribute()).NotTo(BeZero())
		Expect(os.ReadFile(dir("agent"))).To(BeEquivalentTo("#!/bin/sh\n"))
	})

	it("follows no link out of the binding", func() {
		Expect(os.Remove(filepath.Join(bound, "agent"))).To(Succeed())
		Expect(os.Symlink("/etc/passwd", filepath.Join(bound, "agent"))).To(Succeed())
		_, err := contribute()
		Expect(err).To(MatchError(And(
			HavePrefix(`sidecar "my-agent": the binding's "`), ContainSubstring("path escapes from parent: put the file"))))
	})

	it("reuses the layer while its files are the same", func() {
		Expect(contribute()).NotTo(BeZero())
		write(t, filepath.Join(bound, "token"), "new", 0o644)
		Expect(contribute()).NotTo(BeZero())
		Expect(output.String()).To(ContainSubstring("Reusing"))
		write(t, filepath.Join(bound, "agent"), "#!/bin/new", 0o644)
		Expect(contribute()).NotTo(BeZero())
		Expect(output.String()).To(ContainSubstring("Contributing"))
		Expect(os.ReadFile(dir("agent"))).To(BeEquivalentTo("#!/bin/new"))
	})

	context("what can't be packaged", func() {
		refused := func() string {
			t.Helper()
			_, err := contribute()
			Expect(err).To(HaveOccurred())
			return err.Error()
		}

		it("says which key is missing and which there are", func() {
			sidecar.Command = []string{"./bin/agent"}
			Expect(refused()).To(Equal(`sidecar "My Agent": command: the binding has no key "bin/agent": add it, ` +
				"or name one of agent, agent.yml, check, token, or a program of the image by its absolute path"))
			sidecar.Command = []string{"java", "-jar", "x.jar"}
			sidecar.Files = []string{"x.jar"}
			Expect(refused()).To(HavePrefix(`sidecar "My Agent": files: the binding has no key "x.jar": add it, `))
		})

		it("refuses a program for another system", func() {
			write(t, filepath.Join(bound, "agent"), "MZ of Windows", 0o755)
			Expect(refused()).To(HavePrefix(`sidecar "My Agent": command: "./agent" `))
		})
	})
}
