package binaries_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
)

// declaration is that of a sidecar that downloads a file of this name and content.
func declaration(command, name string, content []byte) []byte {
	return fmt.Appendf(nil, `[[sidecars]]
name = "agent"
command = %s
[[sidecars.dependencies]]
uri = "https://example.invalid/%s"
sha256 = "%x"
arch = %q
version = "1.2"
`, command, name, sha256.Sum256(content), runtime.GOARCH)
}

// testDownloaded gets programs as builds without a network do: from a mirror in a volume, and by bindings.
func testDownloaded(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)
	mirror := func(name string, content []byte) []string {
		return []string{"--volume", directory(t, files{name: content}) + ":/mirror:ro", "--env", "BP_DEPENDENCY_MIRROR=file:///mirror"}
	}
	const command = `"./agent say 'at your service' serve 0"`

	it("runs a program of a mirror, and downloads it once", func() {
		name := "agent-linux-" + runtime.GOARCH
		app := directory(t, files{"app": child, "sidecar.toml": declaration(command, name, child)})
		from := mirror(name, child)
		built := build(t, app, from...)
		Expect(built.log).To(And(ContainSubstring("Downloading from file:///mirror/"+name), ContainSubstring("./agent is agent")))
		Eventually(built.starts(t)).Should(ContainSubstring("agent | at your service"))

		again, err := buildAs(built.name, app, from...)
		Expect(err).NotTo(HaveOccurred(), again.log)
		Expect(again.log).To(And(
			ContainSubstring("agent+downloads: Reusing cached layer"),
			ContainSubstring("Reusing layer 'sidecar-buildpack/sidecar:agent+downloads'"),
			Not(ContainSubstring("Downloading"))))
		Eventually(again.starts(t)).Should(ContainSubstring("agent | at your service"))
	})

	it("runs what an archive has", func() {
		archive := tgz(t, "agent-1.2/bin/agent", child)
		const command = `["bin/agent", "say", "unpacked", "serve", "0"]`
		app := directory(t, files{"app": child, "sidecar.toml": declaration(command, "agent.tgz", archive)})
		Eventually(build(t, app, mirror("agent.tgz", archive)...).starts(t)).Should(ContainSubstring("agent | unpacked"))
	})

	it("runs what a binding maps", func() {
		app := directory(t, files{"app": child, "sidecar.toml": declaration(command, "agent", child)})
		binding := directory(t, files{
			"type": []byte("dependency-mapping"), "agent": child,
			fmt.Sprintf("%x", sha256.Sum256(child)): []byte("file:///platform/bindings/mapping/agent"),
		})
		built := build(t, app, "--volume", binding+":/platform/bindings/mapping:ro")
		Expect(built.log).To(ContainSubstring("Downloading from file:///platform/bindings/mapping/agent"))
		Eventually(built.starts(t)).Should(ContainSubstring("agent | at your service"))
	})

	it("refuses another file than was declared", func() {
		app := directory(t, files{"app": child, "sidecar.toml": declaration(command, "agent", child)})
		Expect(refusal(t, app, mirror("agent", []byte("something else"))...)).To(And(
			ContainSubstring(`sidecar.toml: sidecar "agent": dependencies: https://example.invalid/agent: sha256 for `),
			ContainSubstring(fmt.Sprintf("%x does not match expected %x", sha256.Sum256([]byte("something else")), sha256.Sum256(child)))))
	})

	it("says what to do about a mirror that is none", func() {
		app := directory(t, files{"app": child, "sidecar.toml": declaration(command, "agent", child)})
		Expect(refusal(t, app, "--env", "BP_DEPENDENCY_MIRROR=mirror.local")).To(
			ContainSubstring(`the dependency mirror for the host "default" is no URI: write one that begins with https:// or file://`))
	})
}

// tgz makes an archive of one program.
func tgz(t *testing.T, name string, content []byte) []byte {
	t.Helper()
	var text bytes.Buffer
	compressed := gzip.NewWriter(&text)
	archive := tar.NewWriter(compressed)
	if err := archive.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(content))}); err != nil {
		t.Fatal(err)
	}
	if _, err := archive.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := compressed.Close(); err != nil {
		t.Fatal(err)
	}
	return text.Bytes()
}

// testBills downloads the bills of materials of an image as its users do.
func testBills(t *testing.T, when spec.G, it spec.S) {
	Expect := NewWithT(t).Expect

	it("gets what is known of each sidecar's layer, after a rebuild too", func() {
		program, err := os.ReadFile(filepath.Join(root, "build", "bin", "supervisor")) // a Go program with modules
		Expect(err).NotTo(HaveOccurred())
		downloads := declaration(`["./agent", "serve", "0"]`, "agent", child)
		app := directory(t, files{
			"app": child, "other": program,
			"sidecar.toml": append(downloads, "[[sidecars]]\nname = \"other\"\ncommand = [\"./other\"]\n"...),
		})
		from := []string{"--volume", directory(t, files{"agent": child}) + ":/mirror:ro", "--env", "BP_DEPENDENCY_MIRROR=file:///mirror"}
		built := build(t, app, from...)
		for range 2 {
			to := filepath.Join(workspace, fmt.Sprint("bills", names.Add(1)))
			output, err := pack("sbom", "download", built.name, "--output-dir", to)
			Expect(err).NotTo(HaveOccurred(), output)
			bill := func(layer, format string) string {
				text, err := os.ReadFile(filepath.Join(to, "layers/sbom/launch/sidecar-buildpack_sidecar", layer, "sbom."+format+".json"))
				Expect(err).NotTo(HaveOccurred())
				return string(text)
			}
			for _, format := range []string{"cdx", "spdx"} {
				Expect(bill("agent+downloads", format)).To(And(
					ContainSubstring("pkg:generic/agent@1.2?checksum=sha256%%3A%x", sha256.Sum256(child)), ContainSubstring("pkg:golang/stdlib@1.")))
				Expect(bill("other", format)).To(And(
					ContainSubstring("pkg:generic/other?checksum=sha256%%3A%x", sha256.Sum256(program)),
					ContainSubstring("pkg:golang/github.com/BurntSushi/toml@v1.")))
			}
			again, err := buildAs(built.name, app, from...)
			Expect(err).NotTo(HaveOccurred(), again.log)
			Expect(again.log).To(ContainSubstring("other: Reusing cached layer"))
		}
	})
}
