package shipping_test

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
)

func testReproducible(t *testing.T, _ spec.G, it spec.S) {
	it("is the same bits wherever it is packaged", func() {
		first := packaged(t, filepath.Join(t.TempDir(), "one"), "022")
		second := packaged(t, filepath.Join(t.TempDir(), "another", "place"), "077")
		NewWithT(t).Expect(first).To(HaveKey("sidecar.cnb"))
		NewWithT(t).Expect(second).To(Equal(first))
	})
}

// packaged packages a copy of this repository in dir and gives the SHA-256 of every file that comes of it.
func packaged(t *testing.T, dir, umask string) map[string]string {
	t.Helper()
	g := NewWithT(t)
	script := `cd ` + root + ` && umask ` + umask + `
		mkdir -p "$1"
		cp -r --parents LICENSE README.md buildpack.toml cmd go.mod go.sum scripts sidecar tools/pack "$1"
		cp --parents build/lab/bin/pack "$1"
		exec "$1/scripts/package"`
	run(t, "bash", "-euc", script, "package", dir)

	sums := map[string]string{}
	build := os.DirFS(filepath.Join(dir, "build"))
	g.Expect(fs.WalkDir(build, ".", func(path string, entry fs.DirEntry, err error) error {
		if path == "lab" {
			return fs.SkipDir
		}
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := fs.ReadFile(build, path)
		sums[path] = fmt.Sprintf("%x", sha256.Sum256(content))
		return err
	})).To(Succeed())
	return sums
}
