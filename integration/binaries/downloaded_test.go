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

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

// declaration returns that of a sidecar that downloads a file of this name and content.
func declaration(command, name, content string) string {
	return fmt.Sprintf(`[[sidecars]]
name = "agent"
command = %s
[[sidecars.dependencies]]
uri = "https://example.invalid/%s"
sha256 = "%s"
arch = %q
version = "1.2"
`, command, name, sum(content), runtime.GOARCH)
}

func sum(content string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(content))) }

// mirror returns the arguments for a build that has a mirror of one file.
func mirror(t *testing.T, name, content string) []string {
	t.Helper()
	return []string{"--volume", lab.Make(t, lab.Files{name: content}) + ":/mirror:ro", "--env", "BP_DEPENDENCY_MIRROR=file:///mirror"}
}

// testDownloaded gets programs as builds without a network do: from a mirror in a volume, and by bindings.
func testDownloaded(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)
	const command = `"./agent say 'at your service' serve 0"`
	var child string
	it.Before(func() { child = contentOf(t, lab.Child) })

	it("runs a program of a mirror, and downloads it once", func() {
		name := "agent-linux-" + runtime.GOARCH
		image := lab.Build(t, lab.Files{"app": lab.Child, "sidecar.toml": declaration(command, name, child)}, mirror(t, name, child)...)
		Expect(image.Log).To(And(ContainSubstring("Downloading from file:///mirror/"+name), ContainSubstring("./agent is agent")))
		Eventually(image.Run(t)).Should(lab.Say("agent | at your service"))

		again := image.Rebuild(t)
		Expect(again.Log).To(And(
			ContainSubstring("agent+downloads: Reusing cached layer"),
			ContainSubstring("Reusing layer 'sidecar-buildpack/sidecar:agent+downloads'"),
			Not(ContainSubstring("Downloading"))))
		Eventually(again.Run(t)).Should(lab.Say("agent | at your service"))
	})

	it("runs what an archive has", func() {
		archive := tgz(t, "agent-1.2/bin/agent", child)
		const command = `["bin/agent", "say", "unpacked", "serve", "0"]`
		app := lab.Files{"app": lab.Child, "sidecar.toml": declaration(command, "agent.tgz", archive)}
		Eventually(lab.Build(t, app, mirror(t, "agent.tgz", archive)...).Run(t)).Should(lab.Say("agent | unpacked"))
	})

	it("runs what a binding maps", func() {
		binding := lab.Make(t, lab.Files{
			"type": "dependency-mapping", "agent": lab.Child, sum(child): "file:///platform/bindings/mapping/agent",
		})
		image := lab.Build(t, lab.Files{"app": lab.Child, "sidecar.toml": declaration(command, "agent", child)},
			"--volume", binding+":/platform/bindings/mapping:ro")
		Expect(image.Log).To(ContainSubstring("Downloading from file:///platform/bindings/mapping/agent"))
		Eventually(image.Run(t)).Should(lab.Say("agent | at your service"))
	})

	it("refuses another file than was declared", func() {
		app := lab.Files{"app": lab.Child, "sidecar.toml": declaration(command, "agent", child)}
		Expect(lab.Refuse(t, app, mirror(t, "agent", "something else")...)).To(And(
			ContainSubstring(`sidecar.toml: sidecar "agent": dependencies: https://example.invalid/agent: sha256 for `),
			ContainSubstring(sum("something else")+" does not match expected "+sum(child))))
	})

	it("says what to do about a mirror that is none", func() {
		app := lab.Files{"app": lab.Child, "sidecar.toml": declaration(command, "agent", child)}
		Expect(lab.Refuse(t, app, "--env", "BP_DEPENDENCY_MIRROR=mirror.local")).To(
			ContainSubstring(`the dependency mirror for the host "default" is no URI: write one that begins with https:// or file://`))
	})
}

// tgz makes an archive of one program.
func tgz(t *testing.T, name, content string) string {
	t.Helper()
	var text bytes.Buffer
	compressed := gzip.NewWriter(&text)
	archive := tar.NewWriter(compressed)
	if err := archive.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(content))}); err != nil {
		t.Fatal(err)
	}
	if _, err := archive.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := compressed.Close(); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// testBills downloads the bills of materials of an image as its users do.
func testBills(t *testing.T, when spec.G, it spec.S) {
	Expect := NewWithT(t).Expect

	it("gets what is known of each sidecar's layer, after a rebuild too", func() {
		child, program := contentOf(t, lab.Child), contentOf(t, "./cmd/supervisor") // which has modules
		image := lab.Build(t, lab.Files{
			"app": lab.Child, "other": program,
			"sidecar.toml": declaration(`["./agent", "serve", "0"]`, "agent", child) + "[[sidecars]]\nname = \"other\"\ncommand = [\"./other\"]\n",
		}, mirror(t, "agent", child)...)
		for range 2 {
			to := t.TempDir()
			lab.Must(t, "pack", "sbom", "download", image.Name, "--output-dir", to)
			bill := func(layer, format string) string { // of the app's files where layer is ""
				text, err := os.ReadFile(filepath.Join(to, "layers/sbom/launch/sidecar-buildpack_sidecar", layer, "sbom."+format+".json"))
				Expect(err).NotTo(HaveOccurred())
				return string(text)
			}
			for _, format := range []string{"cdx", "spdx"} {
				Expect(bill("agent+downloads", format)).To(And(
					ContainSubstring("pkg:generic/agent@1.2?checksum=sha256%%3A%s", sum(child)), ContainSubstring("pkg:golang/stdlib@1.")))
				Expect(bill("", format)).To(And(
					ContainSubstring("pkg:generic/other?checksum=sha256%%3A%s", sum(program)),
					ContainSubstring("pkg:golang/golang.org/x/sys@v0.")))
				Expect(bill("supervisor", format)).To(And(
					ContainSubstring("pkg:generic/supervisor@"), ContainSubstring("pkg:golang/golang.org/x/sys@v0.")))
			}
			image = image.Rebuild(t)
			Expect(image.Log).To(ContainSubstring("agent+downloads: Reusing cached layer"))
		}
	})
}
