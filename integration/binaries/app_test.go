package binaries_test

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

const inApp = `[[sidecars]]
name = "agent"
command = ["./agent", "say", "here", "serve", "0"]
`

// testInApp finds programs in the app, however it is brought.
func testInApp(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)

	it("runs one of a jar that has lost its run bit", func() {
		child := contentOf(t, lab.Child)
		var text bytes.Buffer
		archive := zip.NewWriter(&text)
		for name, content := range map[string]string{"app": child, "agent": child, "sidecar.toml": inApp} {
			header := &zip.FileHeader{Name: name}
			header.SetMode(0o644)
			if name == "app" {
				header.SetMode(0o755)
			}
			entry, err := archive.CreateHeader(header)
			Expect(err).NotTo(HaveOccurred())
			_, err = io.WriteString(entry, content)
			Expect(err).NotTo(HaveOccurred())
		}
		Expect(archive.Close()).To(Succeed())
		jar := filepath.Join(lab.Make(t, lab.Files{"app.jar": text.String()}), "app.jar")
		Eventually(lab.Build(t, lab.At(jar)).Run(t)).Should(lab.Say("agent | here"))
	})

	it("warns of a script whose interpreter isn't there", func() {
		image := lab.Build(t, lab.Files{"app": lab.Child, "agent": "#!/usr/bin/no-such-thing\n", "sidecar.toml": inApp})
		Expect(image.Log).To(ContainSubstring(`Warning: sidecar.toml: sidecar "agent": command: "./agent" is a script for ` +
			"/usr/bin/no-such-thing, which the debian build image doesn't have: see that the run image or another buildpack has it"))
	})
}

// testRefused has programs that could only fail when the image is started.
func testRefused(t *testing.T, when spec.G, it spec.S) {
	Expect := NewWithT(t).Expect
	here := "the image is for linux/" + runtime.GOARCH + ": use its build for linux/" + runtime.GOARCH

	it("names another architecture", func() {
		other := map[string]string{"amd64": "arm64", "arm64": "amd64"}[runtime.GOARCH]
		program := contentOf(t, lab.Child, "GOARCH="+other)
		Expect(lab.Refuse(t, lab.Files{"app": lab.Child, "agent": program, "sidecar.toml": inApp})).To(ContainSubstring(
			`sidecar.toml: sidecar "agent": command: "./agent" is built for linux/` + other + ", and " + here))
	})

	it("names another operating system", func() {
		program := "\xcf\xfa\xed\xfe\x0c\x00\x00\x01" // how Mach-O begins
		Expect(lab.Refuse(t, lab.Files{"app": lab.Child, "agent": program, "sidecar.toml": inApp})).To(
			ContainSubstring(`sidecar.toml: sidecar "agent": command: "./agent" is a macOS program, and ` + here))
	})

	it("names a loader that the image can't have", func() {
		for _, present := range []string{"/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"} {
			program, err := os.ReadFile("/bin/true")
			Expect(err).NotTo(HaveOccurred())
			if !bytes.Contains(program, []byte(present)) {
				continue
			}
			gone := []byte(present)
			copy(gone[len(gone)-4:], "none")
			program = bytes.ReplaceAll(program, []byte(present), gone)
			Expect(lab.Refuse(t, lab.Files{"app": lab.Child, "agent": string(program), "sidecar.toml": inApp})).To(ContainSubstring(
				`sidecar "agent": command: "./agent" is built for glibc: linked against the loader ` + string(gone) +
					", which the debian build image doesn't have"))
			return
		}
		t.Skip("this machine's own programs are not linked against glibc")
	})
}
