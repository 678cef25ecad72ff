package layer_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/buildpacks/libcnb/v2"
	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/binary"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/layer"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func TestSlices(t *testing.T) {
	spec.Run(t, "Slices", testSlices)
}

func testSlices(t *testing.T, context spec.G, it spec.S) {
	var (
		Expect           = NewWithT(t).Expect
		app, all, layers string
		warnings         []string
		target           binary.Target
	)

	it.Before(func() {
		app, all = t.TempDir(), t.TempDir()
		layers = filepath.Join(all, "sidecar-buildpack_sidecar")
		Expect(os.Mkdir(layers, 0o755)).To(Succeed())
		target = binary.Target{OS: "linux", Arch: runtime.GOARCH, Layers: all, Root: "/"}
		write(t, filepath.Join(app, "server"), "#!/bin/sh\necho served\n", 0o755)
		write(t, filepath.Join(app, "conf", "a.yml"), "a", 0o640)
		write(t, filepath.Join(app, "conf", "deep", "b.yml"), "b", 0o644)
	})

	// slice does what a build does, and returns the slices' paths by the sidecars' names.
	slice := func(sidecars ...declare.Sidecar) (map[string][]string, error) {
		found, told, err := layer.NewSlices(app, filepath.Base(layers), target, sidecars)
		if err != nil {
			return nil, err
		}
		warnings = told
		paths := map[string][]string{}
		for _, s := range found {
			Expect(s.MakeRunnable()).To(Succeed())
			paths[s.Sidecar] = s.Slice().Paths
		}
		return paths, layer.DescribeSlices(libcnb.Layers{Path: layers}, found)
	}
	sidecar := func(command ...string) declare.Sidecar {
		return declare.Sidecar{Origin: "sidecar.toml", Name: "My Server", Command: command}
	}
	of := func(paths ...string) map[string][]string { return map[string][]string{"My Server": paths} }

	it("leaves the command's own file where it is", func() {
		Expect(slice(sidecar("./server", "--quiet"))).To(Equal(of("server")))
		Expect(os.ReadFile(filepath.Join(app, "server"))).To(BeEquivalentTo("#!/bin/sh\necho served\n"))
	})

	it("finds the command from the sidecar's directory and by its absolute path", func() {
		write(t, filepath.Join(app, "conf", "tool"), "#!/bin/sh\n", 0o755)
		s := sidecar("./tool")
		s.WorkingDir = "conf"
		absolute := declare.Sidecar{Name: "absolute", Command: []string{filepath.Join(app, "server")}}
		Expect(slice(s, absolute)).To(Equal(map[string][]string{"My Server": {"conf/tool"}, "absolute": {"server"}}))
	})

	it("takes files and whole directories, what is in these once", func() {
		s := sidecar("java")
		s.Files = []string{"conf/", "conf/a.yml"}
		Expect(slice(s)).To(Equal(of("conf")))
		Expect(mode(t, filepath.Join(app, "conf/a.yml"))).To(Equal(fs.FileMode(0o640)))
	})

	it("takes what commands name by the way, those of probes too, and leaves what isn't there", func() {
		write(t, filepath.Join(app, "bin", "check"), "#!/bin/sh\n", 0o644)
		s := sidecar("bash", "-c", `exec ./server --conf=./conf/a.yml --data ./data "$PORT" ./conf`)
		s.LivenessProbe = &plan.Probe{Exec: &plan.Exec{Command: []string{"bin/check", "./server"}}}
		Expect(slice(s)).To(Equal(of("bin/check", "conf/a.yml", "server")))
		Expect(mode(t, filepath.Join(app, "bin/check"))).To(Equal(fs.FileMode(0o755)))
	})

	it("writes patterns that match nothing else", func() {
		odd := `a*b?[c]\d`
		write(t, filepath.Join(app, odd), "#!/bin/sh\n", 0o755)
		write(t, filepath.Join(app, "aXbYc"), "", 0o755)
		paths, err := slice(sidecar("./" + odd))
		Expect(err).NotTo(HaveOccurred())
		Expect(filepath.Match(paths["My Server"][0], odd)).To(BeTrue())
		Expect(paths["My Server"]).To(Equal([]string{`a\*b\?\[c]\\d`}))
	})

	it("has none for what the app doesn't have", func() {
		Expect(slice(sidecar("sh", "-c", "server"), declare.Sidecar{Name: "b", Command: []string{"/bin/sh"}})).To(BeEmpty())
	})

	context("run bits that a zip has lost", func() {
		it.Before(func() { Expect(os.Chmod(filepath.Join(app, "server"), 0o640)).To(Succeed()) })

		for _, behind := range [][]string{
			{"a list", "./server"},
			{"a shell", "bash", "-c", "./server $PORT"},
			{"another program", "timeout", "5", "./server"},
			{"an exec in it", "sh", "-c", "A=b exec ./server >log"},
			{"a path without .", "/bin/sh", "-c", "conf/../server 1"},
		} {
			it("gives them back behind "+behind[0], func() {
				Expect(slice(sidecar(behind[1:]...))).To(Equal(of("server")))
				Expect(mode(t, filepath.Join(app, "server"))).To(Equal(fs.FileMode(0o750)))
			})
		}

		it("gives none to what isn't a program", func() {
			Expect(slice(sidecar("java", "-jar", "./conf/a.yml"))).To(Equal(of("conf/a.yml")))
			Expect(mode(t, filepath.Join(app, "conf/a.yml"))).To(Equal(fs.FileMode(0o640)))
		})
	})

	context("two sidecars have one file", func() {
		it("leaves it to the first", func() {
			other := declare.Sidecar{Name: "other", Command: []string{"./server"}, Files: []string{"conf/a.yml"}}
			Expect(slice(sidecar("./server"), other)).To(Equal(map[string][]string{"My Server": {"server"}, "other": {"conf/a.yml"}}))
		})

		it("leaves it to the first one's directory, where it can be run", func() {
			write(t, filepath.Join(app, "conf", "tool"), "#!/bin/sh\n", 0o644)
			s := sidecar("java")
			s.Files = []string{"conf"}
			Expect(slice(s, declare.Sidecar{Name: "other", Command: []string{"./conf/tool"}})).To(
				Equal(map[string][]string{"My Server": {"conf"}, "other": {}}))
			Expect(mode(t, filepath.Join(app, "conf/tool"))).To(Equal(fs.FileMode(0o755)))
		})
	})

	it("lets everybody run a program that a private umask keeps for its owner, who is not in the container", func() {
		Expect(os.Chmod(filepath.Join(app, "server"), 0o700)).To(Succeed())
		Expect(slice(sidecar("./server"))).To(Equal(of("server")))
		Expect(mode(t, filepath.Join(app, "server"))).To(Equal(fs.FileMode(0o755)))
	})

	context("symbolic links", func() {
		it("takes what is behind one in the app, where it really is", func() {
			Expect(os.Chmod(filepath.Join(app, "server"), 0o644)).To(Succeed())
			Expect(os.Mkdir(filepath.Join(app, "bin"), 0o755)).To(Succeed())
			Expect(os.Symlink("../server", filepath.Join(app, "bin", "link"))).To(Succeed())
			Expect(slice(sidecar("bin/link"))).To(Equal(of("server")))
			Expect(mode(t, filepath.Join(app, "server"))).To(Equal(fs.FileMode(0o755)))
		})

		it("leaves what is in another buildpack's layer", func() {
			modules := filepath.Join(all, "npm", "modules")
			write(t, filepath.Join(modules, ".bin", "tool"), "#!/bin/sh\n", 0o644)
			Expect(os.Symlink(modules, filepath.Join(app, "node_modules"))).To(Succeed())
			Expect(slice(sidecar("node_modules/.bin/tool"))).To(BeEmpty())
			Expect(mode(t, filepath.Join(modules, ".bin", "tool"))).To(Equal(fs.FileMode(0o644)))
		})

		it("takes what one leads to in a layer that is reused, and so isn't there to see, as given", func() {
			Expect(os.Symlink(filepath.Join(all, "npm", "modules"), filepath.Join(app, "node_modules"))).To(Succeed())
			Expect(slice(sidecar("node_modules/.bin/tool"))).To(BeEmpty())
		})

		it("leaves those in directories as they are, wherever they lead", func() {
			Expect(os.Symlink("/etc", filepath.Join(app, "conf", "away"))).To(Succeed())
			s := sidecar("java")
			s.Files = []string{"conf"}
			Expect(slice(s)).To(Equal(of("conf")))
			Expect(os.Readlink(filepath.Join(app, "conf", "away"))).To(Equal("/etc"))
		})
	})

	refused := func(s declare.Sidecar) string {
		t.Helper()
		_, err := slice(s)
		Expect(err).To(HaveOccurred())
		return err.Error()
	}

	context("a program that can't run in the image", func() {
		it("is refused by what it is, and by its name", func() {
			write(t, filepath.Join(app, "server"), "MZ\x90", 0o755)
			Expect(refused(sidecar("./server"))).To(HavePrefix(`sidecar.toml: sidecar "My Server": ` +
				`command: "./server" is a Windows program, `))
			Expect(refused(sidecar("sh", "-c", "./server $PORT"))).To(ContainSubstring(`"server" is a Windows program`))
		})

		it("is refused behind a link, and in an earlier buildpack's layer", func() {
			program := filepath.Join(all, "npm", "modules", "tool")
			write(t, program, "MZ\x90", 0o755)
			Expect(os.Symlink(program, filepath.Join(app, "tool"))).To(Succeed())
			Expect(refused(sidecar("./tool"))).To(ContainSubstring(`"./tool" is a Windows program`))
			Expect(refused(sidecar(program))).To(ContainSubstring("is a Windows program"))
		})

		it("is left to the image where it isn't there to see", func() {
			Expect(slice(sidecar(filepath.Join(all, "reused", "layer", "tool")))).To(BeEmpty())
		})

		it("is warned of where it may run all the same", func() {
			write(t, filepath.Join(app, "server"), "#!/no/such/interpreter\n", 0o755)
			Expect(slice(sidecar("./server"))).To(HaveLen(1))
			Expect(warnings).To(ConsistOf(HavePrefix(`sidecar.toml: sidecar "My Server": command: "./server" is a script for ` +
				"/no/such/interpreter, ")))
		})

		it("is a script without #!, but for a shell's", func() {
			write(t, filepath.Join(app, "server"), "echo served\n", 0o644)
			Expect(refused(sidecar("./server"))).To(ContainSubstring(`"./server" is neither a program nor a script that begins with #!`))
			Expect(slice(sidecar("sh", "-c", "./server $PORT"))).To(Equal(of("server")))
			Expect(mode(t, filepath.Join(app, "server"))).To(Equal(fs.FileMode(0o755)))
		})
	})

	context("a program that is found nowhere", func() {
		it("is warned of", func() {
			Expect(slice(sidecar("no-such-program"), declare.Sidecar{Origin: "x", Name: "b", Command: []string{"/opt/none"}})).To(BeEmpty())
			Expect(warnings).To(Equal([]string{
				`sidecar.toml: sidecar "My Server": command: "no-such-program" is not on the PATH of the build image: ` +
					"see that the run image or another buildpack has it",
				`x: sidecar "b": command: the build image has no "/opt/none": see that the run image has it`,
			}))
		})

		it("is warned of in a shell's text, unless that begins elsewhere", func() {
			slice(sidecar("bash", "-c", `sleep 1; exec ./servr --port "$PORT"`))
			Expect(warnings).To(Equal([]string{`sidecar.toml: sidecar "My Server": command: the app has no "./servr": ` +
				"see that it is there at launch, or whether you mean server"}))
			slice(sidecar("bash", "-c", "cd elsewhere && ./servr"))
			Expect(warnings).To(BeEmpty())
		})

		it("may be the app's without ./", func() {
			for _, command := range [][]string{{"server"}, {"bash", "-c", "cd / && exec server $PORT"}} {
				Expect(slice(sidecar(command...))).To(BeEmpty())
				Expect(warnings).To(ConsistOf(`sidecar.toml: sidecar "My Server": command: "server" is not on the PATH of the build image, ` +
					"but the app has server: did you mean ./server?"))
			}
		})

		it("is left to the downloads where there are some", func() {
			s := sidecar("no-such-program")
			s.Dependencies = []declare.Dependency{{}}
			Expect(slice(s)).To(BeEmpty())
			Expect(warnings).To(BeEmpty())
		})
	})

	context("bills of materials", func() {
		it("tell what files sidecars have", func() {
			s := sidecar("./server")
			s.Files = []string{"conf"}
			Expect(slice(s)).To(HaveLen(1))
			Expect(components(t, filepath.Join(layers, "launch.sbom.cdx.json"))).To(ConsistOf(
				And(HaveKeyWithValue("name", "server"), HaveKeyWithValue("type", "application"),
					HaveKeyWithValue("purl", HavePrefix("pkg:generic/server?checksum=sha256%3A"))),
				And(HaveKeyWithValue("name", "conf/a.yml"), HaveKeyWithValue("type", "file"), Not(HaveKey("purl"))),
				HaveKeyWithValue("name", "conf/deep/b.yml")))
			Expect(filepath.Join(layers, "launch.sbom.spdx.json")).To(BeARegularFile())
		})

		it("tell what a Go program was built of", func() {
			program, err := os.Executable()
			Expect(err).NotTo(HaveOccurred())
			content, err := os.ReadFile(program)
			Expect(err).NotTo(HaveOccurred())
			write(t, filepath.Join(app, "server"), string(content), 0o755)
			Expect(slice(sidecar("./server"))).To(HaveLen(1))
			Expect(components(t, filepath.Join(layers, "launch.sbom.cdx.json"))).To(ContainElements(
				HaveKeyWithValue("purl", "pkg:golang/github.com/sidecar-buildpack/sidecar"),
				HaveKeyWithValue("purl", HavePrefix("pkg:golang/stdlib@1."))))
		})
	})

	context("what can't be packaged", func() {
		it("refuses a link that an earlier build has left, which leads to nothing", func() {
			left := filepath.Join(layers, "my-server", "files", "server")
			Expect(os.Remove(filepath.Join(app, "server"))).To(Succeed())
			Expect(os.Symlink(left, filepath.Join(app, "server"))).To(Succeed())
			Expect(refused(sidecar("./server"))).To(ContainSubstring(
				`command: "server" is a link that an earlier build has left in the app, to ` + left))
		})

		it("refuses a pipe to run, and waits for nobody to write to it", func() {
			Expect(unix.Mkfifo(filepath.Join(app, "pipe"), 0o755)).To(Succeed())
			Expect(refused(sidecar("./pipe"))).To(HaveSuffix(`command: "./pipe" is a pipe, a socket or a device: name the file to run`))
			s := sidecar("cat", "./pipe")
			s.Files = []string{"pipe"}
			Expect(slice(s)).To(Equal(of("pipe")))
		})

		it("tells all of it at once, each behind where it is declared", func() {
			s := sidecar("../x")
			s.Files = []string{"gone", "conf/none"}
			_, err := slice(s, declare.Sidecar{Origin: "other.toml", Name: "b", Command: []string{"./nope"}})
			Expect(strings.Split(err.Error(), "\n")).To(HaveExactElements(
				HavePrefix(`sidecar.toml: sidecar "My Server": files: the app has no "gone"`),
				HavePrefix(`sidecar.toml: sidecar "My Server": files: the app has no "conf/none"`),
				HavePrefix(`sidecar.toml: sidecar "My Server": command: "../x" leads to `),
				HavePrefix(`other.toml: sidecar "b": command: the app has no "nope"`)))
		})

		it("names encrypt-at-rest where that has been there", func() {
			Expect(os.Mkdir(filepath.Join(all, "paketo-buildpacks_encrypt-at-rest"), 0o755)).To(Succeed())
			Expect(refused(sidecar("./gone"))).To(HaveSuffix(
				"since paketo-buildpacks/encrypt-at-rest has encrypted the app: order this buildpack before that one"))
		})

		it("names the path that a circle of links is in", func() {
			Expect(os.Symlink("round", filepath.Join(app, "round"))).To(Succeed())
			Expect(refused(sidecar("./round"))).To(ContainSubstring(`command: "round" can't be found: `))
			Expect(refused(sidecar("./server/x"))).To(ContainSubstring(`command: "server/x" can't be found: not a directory`))
		})

		it("says which file is missing and what may have removed it", func() {
			Expect(refused(sidecar("./gone"))).To(And(
				HavePrefix(`sidecar.toml: sidecar "My Server": command: the app has no "gone"`),
				ContainSubstring("BP_INCLUDE_FILES=gone")))
		})

		it("refuses a directory to run", func() {
			Expect(refused(sidecar("./conf"))).To(ContainSubstring(`command: "./conf" is a directory`))
		})

		it("refuses a path out of the app", func() {
			Expect(refused(sidecar("../../bin/sh"))).To(ContainSubstring(`command: "../../bin/sh" leads to `))
			for _, path := range []string{"../x", "/etc/passwd", ".", "conf/../.."} {
				s := sidecar("java")
				s.Files = []string{path}
				Expect(refused(s)).To(ContainSubstring("files: %q is not in the app's directory", path))
			}
		})

		it("refuses links out of the app", func() {
			secret := filepath.Join(t.TempDir(), "secret")
			write(t, secret, "secret", 0o600)
			Expect(os.Symlink(secret, filepath.Join(app, "link"))).To(Succeed())
			Expect(refused(sidecar("./link"))).To(ContainSubstring("leads out of the app's directory, to " + secret))
			Expect(os.Symlink("/no/such/file", filepath.Join(app, "dangling"))).To(Succeed())
			Expect(refused(sidecar("./dangling"))).To(ContainSubstring(`the app has no "dangling"`))
			Expect(mode(t, secret)).To(Equal(fs.FileMode(0o600)))
		})
	})
}

// components reads those of a CycloneDX document.
func components(t *testing.T, path string) []map[string]any {
	t.Helper()
	text, err := os.ReadFile(path)
	g := NewWithT(t)
	g.Expect(err).NotTo(HaveOccurred())
	var document struct{ Components []map[string]any }
	g.Expect(json.Unmarshal(text, &document)).To(Succeed())
	return document.Components
}

func write(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	g := NewWithT(t)
	g.Expect(os.MkdirAll(filepath.Dir(path), 0o755)).To(Succeed())
	g.Expect(os.WriteFile(path, []byte(text), mode)).To(Succeed())
	g.Expect(os.Chmod(path, mode)).To(Succeed())
}

func mode(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return info.Mode().Perm()
}
