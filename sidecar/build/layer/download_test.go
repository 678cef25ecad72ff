package layer_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/http"
	"net/http/httptest"
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

func TestDownloads(t *testing.T) {
	spec.Run(t, "Downloads", testDownloads)
}

func testDownloads(t *testing.T, context spec.G, it spec.S) {
	const agent, plugin = "#!/bin/sh\necho agent\n", "plugin"
	var (
		Expect   = NewWithT(t).Expect
		ctx      libcnb.BuildContext
		server   *httptest.Server
		served   map[string]string // by their paths
		requests []string
		output   *bytes.Buffer
	)

	it.Before(func() {
		ctx = libcnb.BuildContext{
			ApplicationPath: t.TempDir(),
			Layers:          libcnb.Layers{Path: filepath.Join(t.TempDir(), "sidecar-buildpack_sidecar")},
			TargetInfo:      libcnb.TargetInfo{OS: "linux", Arch: "amd64"},
			Buildpack:       libcnb.Buildpack{Path: t.TempDir()},
		}
		Expect(os.Mkdir(ctx.Layers.Path, 0o755)).To(Succeed())
		output = &bytes.Buffer{}
		served, requests = map[string]string{"/agent": agent, "/v1/agent-linux-amd64": agent, "/plugin.so": plugin}, nil
		server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			requests = append(requests, r.URL.Path)
			content, ok := served[r.URL.Path]
			if !ok {
				w.WriteHeader(http.StatusNotFound)
			}
			_, _ = w.Write([]byte(content))
		}))
		t.Setenv("TMPDIR", t.TempDir())
	})

	it.After(func() { server.Close() })

	from := func(path string) declare.Dependency {
		return declare.Dependency{URI: server.URL + path, SHA256: digest(served[path])}
	}
	packed := func(path string, entries map[string]string) declare.Dependency {
		served[path] = tgz(t, entries)
		return from(path)
	}
	sidecar := func(command []string, dependencies ...declare.Dependency) declare.Sidecar {
		return declare.Sidecar{Origin: "sidecar.toml", Name: "My Agent", Command: command, Dependencies: dependencies}
	}
	// build does what a build does, and gives the sidecar as it is in the image.
	build := func(s declare.Sidecar) (declare.Sidecar, error) {
		requests = nil
		output.Reset()
		downloads, err := layer.NewDownloads(ctx, []declare.Sidecar{s}, log.NewPaketoLogger(output))
		if err != nil {
			return s, err
		}
		for _, d := range downloads {
			l, err := ctx.Layers.Layer(d.Name())
			Expect(err).NotTo(HaveOccurred())
			if err := d.Contribute(&l); err != nil {
				return s, err
			}
			Expect(l.LayerTypes).To(Equal(libcnb.LayerTypes{Launch: true}))
			writeMetadata(t, l)
		}
		return layer.ResolveDownloads([]declare.Sidecar{s}, downloads)[0], nil
	}
	refused := func(s declare.Sidecar) string {
		t.Helper()
		_, err := build(s)
		Expect(err).To(HaveOccurred())
		return err.Error()
	}
	downloaded := func(path string) string {
		return filepath.Join(ctx.Layers.Path, "my-agent+downloads", "downloads", path)
	}
	// app makes a file of the app.
	app := func(path string) { write(t, filepath.Join(ctx.ApplicationPath, path), "app", 0o755) }

	it("does nothing where there is nothing to download", func() {
		t.Setenv("BP_DEPENDENCY_MIRROR", "not a URI, and nobody asks for one")
		Expect(build(sidecar([]string{"./agent"}))).To(HaveField("Command", Equal(declare.Command{"./agent"})))
		Expect(os.ReadDir(ctx.Layers.Path)).To(BeEmpty())
	})

	it("makes a file the command's program", func() {
		s := sidecar([]string{"./agent", "-v"}, from("/agent"))
		Expect(build(s)).To(HaveField("Command", Equal(declare.Command{downloaded("agent"), "-v"})))
		Expect(os.ReadFile(downloaded("agent"))).To(BeEquivalentTo(agent))
		Expect(mode(t, downloaded("agent"))).To(BeEquivalentTo(0o755))
		Expect(os.ReadDir(os.TempDir())).To(BeEmpty())
	})

	it("names the only file as the command does", func() {
		Expect(build(sidecar([]string{"./bin/agent"}, from("/v1/agent-linux-amd64")))).To(
			HaveField("Command", Equal(declare.Command{downloaded("bin/agent")})))
		served["/agent-1.2.jar"] = "jar"
		s := sidecar([]string{"java", "-Dhome=./data", "-jar", "./agent.jar"}, from("/agent-1.2.jar"))
		Expect(build(s)).To(HaveField("Command", Equal(declare.Command{"java", "-Dhome=./data", "-jar", downloaded("agent.jar")})))
	})

	it("finds it wherever a script names it", func() {
		s := sidecar([]string{"bash", "-c", `exec ./agent --port=$PORT --data ./data "../agent"`}, from("/v1/agent-linux-amd64"))
		Expect(build(s)).To(HaveField("Command",
			Equal(declare.Command{"bash", "-c", "exec " + downloaded("agent") + ` --port=$PORT --data ./data "../agent"`})))
	})

	it("leaves what the app has to the app where the file's name is another", func() {
		app("start.sh")
		Expect(build(sidecar([]string{"./start.sh"}, from("/agent")))).To(HaveField("Command", Equal(declare.Command{"./start.sh"})))
		Expect(downloaded("agent")).To(BeARegularFile())
	})

	it("takes a program before the app's, which may be for a laptop", func() {
		app("agent")
		Expect(build(sidecar([]string{"./agent"}, from("/agent")))).To(HaveField("Command", Equal(declare.Command{downloaded("agent")})))
	})

	it("finds a program by its name alone, and leaves other names to PATH", func() {
		s := sidecar([]string{"agent", "plugin.so", "./plugin.so"}, from("/agent"), from("/plugin.so"))
		Expect(build(s)).To(HaveField("Command", Equal(declare.Command{downloaded("agent"), "plugin.so", downloaded("plugin.so")})))
		Expect(build(sidecar([]string{"java", "-jar", "./agent"}, from("/agent")))).To(
			HaveField("Command", Equal(declare.Command{"java", "-jar", downloaded("agent")})))
	})

	it("finds what a probe runs", func() {
		s := sidecar([]string{"./agent"}, from("/agent"))
		s.LivenessProbe = &plan.Probe{Exec: &plan.Exec{Command: []string{"./agent", "ping"}}}
		Expect(build(s)).To(HaveField("LivenessProbe.Exec.Command", Equal([]string{downloaded("agent"), "ping"})))
		Expect(s.LivenessProbe.Exec.Command).To(Equal([]string{"./agent", "ping"}))
	})

	context("an archive", func() {
		content := map[string]string{
			"agent-1.2/bin/agent": agent, "agent-1.2/share/agent": "text", "agent-1.2/conf/a.yml": "a", "agent-1.2/bash": "completion",
		}

		it("is unpacked, and the command relative to it", func() {
			Expect(build(sidecar([]string{"./agent-1.2/bin/agent", "-c", "./conf/a.yml"}, packed("/agent.tgz", content)))).To(HaveField("Command",
				Equal(declare.Command{downloaded("agent-1.2/bin/agent"), "-c", downloaded("agent-1.2/conf/a.yml")})))
			Expect(os.ReadFile(downloaded("agent-1.2/conf/a.yml"))).To(BeEquivalentTo("a"))
		})

		it("needs no mention of directories that have the version in their name", func() {
			for _, command := range []string{"agent", "./agent", "./bin/agent", "bin/agent"} {
				Expect(build(sidecar([]string{command}, packed("/agent.tgz", content)))).To(
					HaveField("Command", Equal(declare.Command{downloaded("agent-1.2/bin/agent")})), command)
			}
		})

		it("leaves a configuration and a shell to the app and the image", func() {
			app("conf/a.yml")
			s := sidecar([]string{"bash", "-c", "exec /somewhere/agent", "./conf/a.yml"}, packed("/agent.tgz", content))
			Expect(build(s)).To(HaveField("Command", Equal(s.Command)))
		})

		it("says where a program could be several", func() {
			Expect(refused(sidecar([]string{"./agent"}, packed("/agent.tgz", map[string]string{"a/bin/agent": agent, "b/bin/agent": agent})))).To(
				HaveSuffix(`the command's "./agent" can be several of what was downloaded: write more of the path: a/bin/agent, b/bin/agent`))
		})

		it("says what there is where the program is missing", func() {
			Expect(refused(sidecar([]string{"./agnet"}, packed("/agent.tgz", map[string]string{"agent": agent, "README": ""})))).To(Equal(
				`sidecar.toml: sidecar "My Agent": dependencies: the command's "./agnet" is neither in the app nor among what was downloaded: ` +
					"name one of README, agent"))
		})

		it("is refused where it leads out", func() {
			Expect(refused(sidecar([]string{"./agent"}, packed("/agent.tgz", map[string]string{"../../agent": agent})))).To(Equal(
				`sidecar.toml: sidecar "My Agent": dependencies: unpacking agent.tgz: "../../agent" leads out of the archive`))
		})
	})

	context("architectures", func() {
		it("downloads what is for the image's and for any", func() {
			amd, arm, any := from("/agent"), from("/gone"), from("/plugin.so")
			amd.Arch, arm.Arch = "amd64", "arm64"
			_, err := build(sidecar([]string{"./agent"}, arm, amd, any))
			Expect(err).NotTo(HaveOccurred())
			Expect(requests).To(Equal([]string{"/agent", "/plugin.so"}))
		})

		it("says which there are where none is for it", func() {
			other := from("/agent")
			other.Arch = "arm64"
			Expect(refused(sidecar([]string{"./agent"}, other))).To(Equal(`sidecar.toml: sidecar "My Agent": dependencies: ` +
				`the image is for amd64, and they are for arm64: add one with arch = "amd64"`))
		})
	})

	context("a rebuild, for which only the metadata is restored", func() {
		it.Before(func() {
			_, err := build(sidecar([]string{"./agent"}, from("/v1/agent-linux-amd64")))
			Expect(err).NotTo(HaveOccurred())
			Expect(os.RemoveAll(filepath.Dir(downloaded("")))).To(Succeed())
		})

		it("downloads nothing where only arguments have changed", func() {
			Expect(build(sidecar([]string{"./agent", "-q"}, from("/v1/agent-linux-amd64")))).To(
				HaveField("Command", Equal(declare.Command{downloaded("agent"), "-q"})))
			Expect(requests).To(BeEmpty())
			Expect(output.String()).To(ContainSubstring("Reusing"))
		})

		it("downloads again where another program is to be found", func() {
			Expect(build(sidecar([]string{"./other"}, from("/v1/agent-linux-amd64")))).To(
				HaveField("Command", Equal(declare.Command{downloaded("other")})))
			Expect(requests).To(HaveLen(1))
		})

		it("downloads again for the bill of materials of another version", func() {
			d := from("/v1/agent-linux-amd64")
			d.Version = "2"
			Expect(build(sidecar([]string{"./agent"}, d))).NotTo(BeZero())
			Expect(requests).To(HaveLen(1))
		})

		it("downloads again where the file is another", func() {
			served["/v1/agent-linux-amd64"] = "new"
			Expect(build(sidecar([]string{"./agent"}, from("/v1/agent-linux-amd64")))).NotTo(BeZero())
			Expect(os.ReadFile(downloaded("agent"))).To(BeEquivalentTo("new"))
		})
	})

	context("elsewhere than at the URI", func() {
		it("finds what a dependency-mapping names", func() {
			ctx.Platform.Bindings = libcnb.Bindings{{Type: "dependency-mapping", Secret: map[string]string{digest(agent): server.URL + "/agent"}}}
			_, err := build(sidecar([]string{"./agent"}, declare.Dependency{URI: "https://example.invalid/agent", SHA256: digest(agent)}))
			Expect(err).NotTo(HaveOccurred())
			Expect(requests).To(Equal([]string{"/agent"}))
		})

		it("asks the mirror, but not for files", func() {
			mirror := t.TempDir()
			write(t, filepath.Join(mirror, "example.invalid", "a", "agent"), agent, 0o644)
			write(t, filepath.Join(mirror, "plugin"), plugin, 0o644)
			t.Setenv("BP_DEPENDENCY_MIRROR", "file://"+mirror+"/{originalHost}")
			_, err := build(sidecar([]string{"./agent"},
				declare.Dependency{URI: "https://example.invalid/a/agent", SHA256: digest(agent)},
				declare.Dependency{URI: "file://" + mirror + "/plugin", SHA256: digest(plugin)}))
			Expect(err).NotTo(HaveOccurred())
			Expect(os.ReadFile(downloaded("plugin"))).To(BeEquivalentTo(plugin))
		})

		it("says which mirror can't be one", func() {
			for name, host := range map[string]string{"BP_DEPENDENCY_MIRROR": "default", "BP_DEPENDENCY_MIRROR_EXAMPLE_ORG": "example.org"} {
				for _, value := range []string{"local", "mirror=a b,skip-path=/x", "https://%zz"} {
					t.Setenv(name, value)
					Expect(refused(sidecar([]string{"./agent"}, from("/agent")))).To(Equal(`the dependency mirror for the host "` + host +
						`" is no URI: write one that begins with https:// or file:// in BP_DEPENDENCY_MIRROR, BP_DEPENDENCY_MIRROR_HOST ` +
						"or the binding of type dependency-mirror"))
				}
				t.Setenv(name, "")
			}
		})
	})

	context("what can't be had", func() {
		it("says what the server said", func() {
			Expect(refused(sidecar([]string{"./agent"}, declare.Dependency{URI: server.URL + "/gone", SHA256: digest(agent)}))).To(And(
				HavePrefix(`sidecar.toml: sidecar "My Agent": dependencies: `+server.URL+"/gone: unable to download"), ContainSubstring("404"),
				ContainSubstring("check uri and sha256"), ContainSubstring("dependency-mapping"), Not(ContainSubstring("\n"))))
		})

		it("says which digest was to be and which it is", func() {
			d := from("/agent")
			d.SHA256 = digest("other")
			Expect(refused(sidecar([]string{"./agent"}, d))).To(And(
				HavePrefix(`sidecar.toml: sidecar "My Agent": dependencies: `+server.URL+"/agent: sha256 for "),
				ContainSubstring(digest(agent)+" does not match expected "+digest("other"))))
		})

		it("says that two files have one name", func() {
			Expect(refused(sidecar([]string{"./agent"}, from("/agent"), from("/agent")))).To(HaveSuffix(
				`there is another "agent" already: where each is for one architecture, say so with arch`))
		})

		it("leaves alone what a link in an archive leads to", func() {
			elsewhere := filepath.Join(t.TempDir(), "elsewhere")
			write(t, elsewhere, agent, 0o600)
			served["/a.tar"] = linkTo(t, "bin/agent", elsewhere)
			Expect(refused(sidecar([]string{"./agent"}, from("/a.tar")))).To(ContainSubstring(`the command's "bin/agent" can't be run`))
			Expect(mode(t, elsewhere)).To(Equal(fs.FileMode(0o600)))
		})
	})

	context("bills of materials", func() {
		it("name what was downloaded", func() {
			d := from("/agent")
			d.Version = "1.2"
			Expect(build(sidecar([]string{"./agent"}, d))).NotTo(BeZero())
			Expect(components(t, filepath.Join(ctx.Layers.Path, "my-agent+downloads.sbom.cdx.json"))).To(ConsistOf(And(
				HaveKeyWithValue("name", "my-agent"), HaveKeyWithValue("version", "1.2"),
				HaveKeyWithValue("hashes", ConsistOf(HaveKeyWithValue("content", digest(agent)))),
				HaveKeyWithValue("purl", And(
					HavePrefix("pkg:generic/my-agent@1.2?checksum=sha256%3A"+digest(agent)), ContainSubstring("download_url=http"))))))
		})
	})
}

func digest(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

// tgz makes an archive. What begins with #! in it is to be run.
func tgz(t *testing.T, entries map[string]string) string {
	t.Helper()
	g := NewWithT(t)
	var text bytes.Buffer
	compressed := gzip.NewWriter(&text)
	archive := tar.NewWriter(compressed)
	for name, content := range entries {
		h := &tar.Header{Name: name, Size: int64(len(content)), Mode: 0o644}
		if bytes.HasPrefix([]byte(content), []byte("#!")) {
			h.Mode = 0o755
		}
		g.Expect(archive.WriteHeader(h)).To(Succeed())
		_, err := archive.Write([]byte(content))
		g.Expect(err).NotTo(HaveOccurred())
	}
	g.Expect(archive.Close()).To(Succeed())
	g.Expect(compressed.Close()).To(Succeed())
	return text.String()
}

// linkTo gives a tar with nothing but a symbolic link.
func linkTo(t *testing.T, name, target string) string {
	t.Helper()
	var text bytes.Buffer
	archive := tar.NewWriter(&text)
	g := NewWithT(t)
	g.Expect(archive.WriteHeader(&tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: target, Mode: 0o777})).To(Succeed())
	g.Expect(archive.Close()).To(Succeed())
	return text.String()
}
