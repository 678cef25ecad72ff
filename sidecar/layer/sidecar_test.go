package layer_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/buildpacks/libcnb/v2"
	. "github.com/onsi/gomega"
	"github.com/paketo-buildpacks/libpak/v2/log"
	"github.com/sclevine/spec"
	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/binary"
	"github.com/sidecar-buildpack/sidecar/sidecar/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/layer"
)

func TestSidecars(t *testing.T) {
	spec.Run(t, "Sidecars", testSidecars)
}

func testSidecars(t *testing.T, context spec.G, it spec.S) {
	var (
		Expect           = NewWithT(t).Expect
		app, all, layers string
		output           *bytes.Buffer
		target           binary.Target
	)

	it.Before(func() {
		app, all = t.TempDir(), t.TempDir()
		layers = filepath.Join(all, "sidecar-buildpack_sidecar")
		Expect(os.Mkdir(layers, 0o755)).To(Succeed())
		output = &bytes.Buffer{}
		target = binary.Target{OS: "linux", Arch: runtime.GOARCH, Layers: all, Root: "/"}
		write(t, filepath.Join(app, "server"), "#!/bin/sh\necho served\n", 0o755)
		write(t, filepath.Join(app, "conf", "a.yml"), "a", 0o640)
		write(t, filepath.Join(app, "conf", "deep", "b.yml"), "b", 0o644)
	})

	// contribute does what a build does: it gives the names of the layers.
	contribute := func(sidecars ...declare.Sidecar) ([]string, error) {
		contributors, err := layer.NewSidecars(app, filepath.Base(layers), target, sidecars, log.NewPaketoLogger(output))
		if err != nil {
			return nil, err
		}
		var names []string
		for _, c := range contributors {
			l, err := (&libcnb.Layers{Path: layers}).Layer(c.Name())
			Expect(err).NotTo(HaveOccurred())
			if err := c.Contribute(&l); err != nil {
				return nil, err
			}
			Expect(l.LayerTypes).To(Equal(libcnb.LayerTypes{Launch: true}))
			writeMetadata(t, l)
			names = append(names, c.Name())
		}
		return names, nil
	}
	sidecar := func(command ...string) declare.Sidecar {
		return declare.Sidecar{Origin: "sidecar.toml", Name: "My Server", Command: command}
	}
	packaged := func(path string) string { return filepath.Join(layers, "my-server", "files", path) }

	it("moves the command's own file to a layer and leaves a link", func() {
		Expect(contribute(sidecar("./server", "--quiet"))).To(Equal([]string{"my-server"}))
		Expect(os.Readlink(filepath.Join(app, "server"))).To(Equal(packaged("server")))
		Expect(os.ReadFile(filepath.Join(app, "server"))).To(BeEquivalentTo("#!/bin/sh\necho served\n"))
	})

	it("gives the run bits back that a zip has lost", func() {
		Expect(os.Chmod(filepath.Join(app, "server"), 0o640)).To(Succeed())
		Expect(contribute(sidecar("./server"))).To(HaveLen(1))
		Expect(mode(t, packaged("server"))).To(Equal(fs.FileMode(0o750)))
	})

	it("finds the command from the sidecar's directory and by its absolute path", func() {
		write(t, filepath.Join(app, "conf", "tool"), "", 0o755)
		s := sidecar("./tool")
		s.WorkingDir = "conf"
		absolute := declare.Sidecar{Name: "absolute", Command: []string{filepath.Join(app, "server")}}
		Expect(contribute(s, absolute)).To(Equal([]string{"my-server", "absolute"}))
		Expect(packaged("conf/tool")).To(BeARegularFile())
	})

	it("packages files and whole directories, with their modes and the links among them", func() {
		Expect(os.Symlink("a.yml", filepath.Join(app, "conf", "beside"))).To(Succeed())
		Expect(os.Symlink("../server", filepath.Join(app, "conf", "out"))).To(Succeed())
		Expect(os.Chmod(filepath.Join(app, "conf", "deep"), 0o700)).To(Succeed())
		s := sidecar("java")
		s.Files = []string{"conf/", "conf/a.yml"}
		Expect(contribute(s)).To(HaveLen(1))
		Expect(os.Readlink(filepath.Join(app, "conf"))).To(Equal(packaged("conf")))
		Expect(mode(t, packaged("conf/a.yml"))).To(Equal(fs.FileMode(0o640)))
		Expect(mode(t, packaged("conf/deep"))).To(Equal(fs.FileMode(0o700)))
		Expect(os.ReadFile(filepath.Join(app, "conf", "deep", "b.yml"))).To(BeEquivalentTo("b"))
		Expect(os.Readlink(packaged("conf/beside"))).To(Equal("a.yml"))
		Expect(os.ReadFile(filepath.Join(app, "conf", "out"))).To(ContainSubstring("served"))
	})

	it("takes names as long as there may be, and directories that may only be read", func() {
		long := strings.Repeat("a", 255)
		write(t, filepath.Join(app, long), "", 0o755)
		Expect(os.Chmod(filepath.Join(app, "conf"), 0o555)).To(Succeed())
		s := sidecar("./" + long)
		s.Files = []string{"conf"}
		Expect(contribute(s)).To(HaveLen(1))
		Expect(os.Readlink(filepath.Join(app, long))).To(Equal(packaged(long)))
		Expect(os.Readlink(filepath.Join(app, "conf"))).To(Equal(packaged("conf")))
	})

	it("makes no layer for what the app doesn't have", func() {
		Expect(contribute(sidecar("java", "-jar", "server"), declare.Sidecar{Name: "b", Command: []string{"/usr/sbin/nginx"}})).To(BeEmpty())
		Expect(filepath.Join(app, "server")).To(BeARegularFile())
	})

	context("two sidecars have one file", func() {
		it("shares the first one's", func() {
			other := declare.Sidecar{Name: "other", Command: []string{"./server"}, Files: []string{"conf/a.yml"}}
			Expect(contribute(sidecar("./server"), other)).To(Equal([]string{"my-server", "other"}))
			Expect(os.Readlink(filepath.Join(app, "server"))).To(Equal(packaged("server")))
			Expect(filepath.Join(layers, "other", "files", "server")).NotTo(BeAnExistingFile())
			Expect(os.ReadFile(filepath.Join(app, "conf", "a.yml"))).To(BeEquivalentTo("a"))
		})

		it("finds it in the first one's directory, where it can be run", func() {
			s := sidecar("java")
			s.Files = []string{"conf"}
			Expect(contribute(s, declare.Sidecar{Name: "other", Command: []string{"./conf/a.yml"}})).To(Equal([]string{"my-server"}))
			Expect(mode(t, packaged("conf/a.yml"))).To(Equal(fs.FileMode(0o750)))
		})

		it("links to it from the second one's directory", func() {
			first := sidecar("java")
			first.Files = []string{"conf/deep"}
			Expect(contribute(first, declare.Sidecar{Name: "other", Command: []string{"x"}, Files: []string{"conf"}})).To(HaveLen(2))
			Expect(os.Readlink(filepath.Join(layers, "other", "files", "conf", "deep"))).To(Equal(packaged("conf/deep")))
			Expect(os.ReadFile(filepath.Join(app, "conf", "deep", "b.yml"))).To(BeEquivalentTo("b"))
		})
	})

	context("a rebuild", func() {
		it.Before(func() {
			Expect(contribute(sidecar("./server"))).To(HaveLen(1))
			Expect(output.String()).To(ContainSubstring("Contributing"))
			output.Reset()
			Expect(os.RemoveAll(packaged(".."))).To(Succeed()) // a launch layer's metadata is restored without its content
			Expect(os.Remove(filepath.Join(app, "server"))).To(Succeed())
		})

		it("reuses the layer of unchanged files, and links to it", func() {
			write(t, filepath.Join(app, "server"), "#!/bin/sh\necho served\n", 0o755)
			Expect(contribute(sidecar("./server"))).To(HaveLen(1))
			Expect(output.String()).To(ContainSubstring("Reusing"))
			Expect(os.Readlink(filepath.Join(app, "server"))).To(Equal(packaged("server")))
			Expect(packaged("server")).NotTo(BeAnExistingFile())
		})

		it("fills it anew when the content has changed", func() {
			write(t, filepath.Join(app, "server"), "changed", 0o755)
			Expect(contribute(sidecar("./server"))).To(HaveLen(1))
			Expect(os.ReadFile(packaged("server"))).To(BeEquivalentTo("changed"))
		})

		it("fills it anew when a mode has changed", func() {
			write(t, filepath.Join(app, "server"), "#!/bin/sh\necho served\n", 0o700)
			Expect(contribute(sidecar("./server"))).To(HaveLen(1))
			Expect(mode(t, packaged("server"))).To(Equal(fs.FileMode(0o700)))
		})
	})

	context("symbolic links", func() {
		it("leaves what is behind one in the app", func() {
			Expect(os.Chmod(filepath.Join(app, "server"), 0o644)).To(Succeed())
			Expect(os.Symlink("server", filepath.Join(app, "link"))).To(Succeed())
			Expect(contribute(sidecar("./link"))).To(BeEmpty())
			Expect(mode(t, filepath.Join(app, "server"))).To(Equal(fs.FileMode(0o755)))
		})

		it("leaves what is in another buildpack's layer", func() {
			modules := filepath.Join(all, "npm", "modules")
			write(t, filepath.Join(modules, ".bin", "tool"), "", 0o644)
			Expect(os.Symlink(modules, filepath.Join(app, "node_modules"))).To(Succeed())
			Expect(contribute(sidecar("node_modules/.bin/tool"))).To(BeEmpty())
			Expect(mode(t, filepath.Join(modules, ".bin", "tool"))).To(Equal(fs.FileMode(0o644)))
		})
	})

	context("an earlier buildpack's layer that is reused, and so isn't there to see", func() {
		it("takes what a link leads to in it as given", func() {
			Expect(os.Symlink(filepath.Join(all, "npm", "modules"), filepath.Join(app, "node_modules"))).To(Succeed())
			Expect(contribute(sidecar("node_modules/.bin/tool"))).To(BeEmpty())
		})
	})

	refused := func(s declare.Sidecar) string {
		t.Helper()
		_, err := contribute(s)
		Expect(err).To(HaveOccurred())
		return err.Error()
	}

	context("a program that can't run in the image", func() {
		it("is refused by what it is, and by its name", func() {
			write(t, filepath.Join(app, "server"), "MZ\x90", 0o755)
			Expect(refused(sidecar("./server"))).To(HavePrefix(`sidecar.toml: sidecar "My Server": command: "./server" is a Windows program, `))
		})

		it("is refused behind a link, and in an earlier buildpack's layer", func() {
			program := filepath.Join(all, "npm", "modules", "tool")
			write(t, program, "MZ\x90", 0o755)
			Expect(os.Symlink(program, filepath.Join(app, "tool"))).To(Succeed())
			Expect(refused(sidecar("./tool"))).To(ContainSubstring(`"./tool" is a Windows program`))
			Expect(refused(sidecar(program))).To(ContainSubstring("is a Windows program"))
		})

		it("is left to the image where it isn't there to see", func() {
			Expect(contribute(sidecar(filepath.Join(all, "reused", "layer", "tool")))).To(BeEmpty())
		})

		it("is warned of where it may run all the same", func() {
			write(t, filepath.Join(app, "server"), "#!/no/such/interpreter\n", 0o755)
			Expect(contribute(sidecar("./server"))).To(HaveLen(1))
			Expect(output.String()).To(MatchRegexp(`Warning:.* sidecar "My Server": command: "./server" is a script for /no/such/interpreter, `))
		})
	})

	context("bills of materials", func() {
		it("tell what files a layer has", func() {
			s := sidecar("./server")
			s.Files = []string{"conf"}
			Expect(contribute(s)).To(HaveLen(1))
			Expect(components(t, filepath.Join(layers, "my-server.sbom.cdx.json"))).To(ConsistOf(
				And(HaveKeyWithValue("name", "my-server"), HaveKeyWithValue("type", "application"),
					HaveKeyWithValue("purl", HavePrefix("pkg:generic/my-server?checksum=sha256%3A"))),
				And(HaveKeyWithValue("name", "conf/a.yml"), HaveKeyWithValue("type", "file"), Not(HaveKey("purl"))),
				HaveKeyWithValue("name", "conf/deep/b.yml")))
			Expect(filepath.Join(layers, "my-server.sbom.spdx.json")).To(BeARegularFile())
		})

		it("tell what a Go program was built of", func() {
			program, err := os.Executable()
			Expect(err).NotTo(HaveOccurred())
			content, err := os.ReadFile(program)
			Expect(err).NotTo(HaveOccurred())
			write(t, filepath.Join(app, "server"), string(content), 0o755)
			Expect(contribute(sidecar("./server"))).To(HaveLen(1))
			Expect(components(t, filepath.Join(layers, "my-server.sbom.cdx.json"))).To(ContainElements(
				HaveKeyWithValue("purl", "pkg:golang/github.com/sidecar-buildpack/sidecar"),
				HaveKeyWithValue("purl", HavePrefix("pkg:golang/stdlib@1."))))
		})
	})

	context("what can't be packaged", func() {
		it("refuses a link that an earlier build has left, which leads to nothing", func() {
			Expect(contribute(sidecar("./server"))).To(HaveLen(1))
			Expect(os.RemoveAll(packaged(".."))).To(Succeed())
			Expect(refused(sidecar("./server"))).To(ContainSubstring(
				`command: "server" is a link that an earlier build has left in the app, to ` + packaged("server")))
		})

		it("refuses a pipe to run, and waits for nobody to write to it", func() {
			Expect(unix.Mkfifo(filepath.Join(app, "pipe"), 0o755)).To(Succeed())
			Expect(refused(sidecar("./pipe"))).To(HaveSuffix(`command: "./pipe" is a pipe, a socket or a device: name the file to run`))
			s := sidecar("java")
			s.Files = []string{"pipe"}
			Expect(refused(s)).To(HaveSuffix("pipe is neither a file nor a directory nor a link, and can't be in an image: leave it out"))
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
			Expect(os.Symlink(filepath.Dir(secret), filepath.Join(app, "conf", "away"))).To(Succeed())
			s := sidecar("java")
			s.Files = []string{"conf"}
			Expect(refused(s)).To(ContainSubstring("conf/away is a symbolic link that leads out of the app's directory"))
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
