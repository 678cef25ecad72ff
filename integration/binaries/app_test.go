package binaries_test

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
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
		var text bytes.Buffer
		archive := zip.NewWriter(&text)
		for name, content := range (files{"app": child, "agent": child, "sidecar.toml": []byte(inApp)}) {
			header := &zip.FileHeader{Name: name}
			header.SetMode(0o644)
			if name == "app" {
				header.SetMode(0o755)
			}
			entry, err := archive.CreateHeader(header)
			Expect(err).NotTo(HaveOccurred())
			_, err = entry.Write(content)
			Expect(err).NotTo(HaveOccurred())
		}
		Expect(archive.Close()).To(Succeed())
		jar := filepath.Join(directory(t, files{"app.jar": text.Bytes()}), "app.jar")
		Eventually(build(t, jar).starts(t)).Should(ContainSubstring("agent | here"))
	})

	it("warns of a script whose interpreter isn't there", func() {
		script := []byte("#!/usr/bin/no-such-thing\n")
		built := build(t, directory(t, files{"app": child, "agent": script, "sidecar.toml": []byte(inApp)}))
		Expect(built.log).To(ContainSubstring(`Warning: sidecar "agent": command: "./agent" is a script for /usr/bin/no-such-thing, ` +
			"which the debian build image doesn't have: see that the run image or another buildpack has it"))
	})
}

// testRefused has programs that could only fail when the image is started.
func testRefused(t *testing.T, when spec.G, it spec.S) {
	Expect := NewWithT(t).Expect
	here := "the image is for linux/" + runtime.GOARCH + ": use its build for linux/" + runtime.GOARCH

	it("names another architecture", func() {
		other := map[string]string{"amd64": "arm64", "arm64": "amd64"}[runtime.GOARCH]
		program, err := compile("GOARCH=" + other)
		Expect(err).NotTo(HaveOccurred())
		Expect(refusal(t, directory(t, files{"app": child, "agent": program, "sidecar.toml": []byte(inApp)}))).To(ContainSubstring(
			`sidecar.toml: sidecar "agent": command: "./agent" is built for linux/` + other + ", and " + here))
	})

	it("names another operating system", func() {
		program := []byte("\xcf\xfa\xed\xfe\x0c\x00\x00\x01") // how Mach-O begins
		Expect(refusal(t, directory(t, files{"app": child, "agent": program, "sidecar.toml": []byte(inApp)}))).To(
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
			Expect(refusal(t, directory(t, files{"app": child, "agent": program, "sidecar.toml": []byte(inApp)}))).To(ContainSubstring(
				`sidecar "agent": command: "./agent" is built for glibc: linked against the loader ` + string(gone) +
					", which the debian build image doesn't have"))
			return
		}
		t.Skip("this machine's own programs are not linked against glibc")
	})
}
