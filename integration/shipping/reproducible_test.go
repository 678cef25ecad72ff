package shipping_test

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

func testReproducible(t *testing.T, _ spec.G, it spec.S) {
	Expect := NewWithT(t).Expect

	it("is the same bits wherever it is packaged", func() {
		first := made(t, "one", "022", "package")
		second := made(t, "another/place", "077", "package")
		Expect(first).To(HaveKey("sidecar.cnb"))
		Expect(second).To(Equal(first))
	})

	it("is the same bits wherever a release is made", func() {
		lab.Require(t, lab.Tool("zip", "Debian's package zip"))
		lab.Must(t, lab.Path("scripts", "tools"), "crane", "release")
		first := made(t, "one", "022", "release")
		second := made(t, "another/place", "077", "release")
		Expect(first).To(HaveKey("release/SHA256SUMS"))
		for _, file := range []string{"buildpack-1.2.3-rc.1-linux-amd64.cnb", "buildpack-1.2.3-rc.1-linux-arm64.tgz",
			"buildpack-1.2.3-rc.1-oci.tar", "1.2.3-rc.1-darwin-arm64.tar.gz", "1.2.3-rc.1-windows-amd64.zip"} {
			Expect(first).To(HaveKey("release/sidecar-" + file))
		}
		for file, sum := range first {
			if strings.HasPrefix(file, "release/") { // what a release page has, and not what it is made of
				Expect(second).To(HaveKeyWithValue(file, sum))
			}
		}
	})
}

// made runs a script in a copy of this repository and returns the SHA-256 of every file that comes of it.
func made(t *testing.T, place, umask, script string) map[string]string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), place)
	lab.Must(t, "env", "VERSION=1.2.3-rc.1", "RELEASE_GO=local", "bash", "-euc", `umask `+umask+`
		mkdir -p "$1"
		cp -r --parents LICENSE README.md CHANGELOG.md buildpack.toml cmd go.mod go.sum scripts sidecar tools "$1"
		mkdir -p "$1/build/lab/bin"
		find build/lab/bin -name pack -o -name crane -o -name release | xargs -I{} cp {} "$1/build/lab/bin"
		exec "$1/scripts/$2"`, "made", dir, script)
	return sums(t, filepath.Join(dir, "build"))
}

// sums returns the SHA-256 of every file in a directory, but for the tools in it.
func sums(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	build := os.DirFS(dir)
	NewWithT(t).Expect(fs.WalkDir(build, ".", func(path string, entry fs.DirEntry, err error) error {
		if path == "lab" {
			return fs.SkipDir
		}
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := fs.ReadFile(build, path)
		all[path] = fmt.Sprintf("%x", sha256.Sum256(content))
		return err
	})).To(Succeed())
	return all
}
