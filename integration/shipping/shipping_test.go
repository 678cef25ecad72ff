// Package shipping_test looks at what make package makes, as those do who put it into builders or onto other machines.
package shipping_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/BurntSushi/toml"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

func TestMain(m *testing.M) { lab.Main(m) }

func TestShipping(t *testing.T) {
	suite := lab.Suite("shipping", lab.Packaged)
	suite("reproducible", testReproducible)
	suite("arm64", testARM64)
	suite("inspect", testInspect)
	suite("builder", testBuilder)
	suite("rebase", testRebase)
	suite("registry", testRegistry)
	suite.Run(t)
}

// version returns the version that make package has stamped.
func version(t *testing.T) string {
	t.Helper()
	var descriptor struct{ Buildpack struct{ Version string } }
	if _, err := toml.DecodeFile(lab.Path("build", "buildpack", "buildpack.toml"), &descriptor); err != nil {
		t.Fatal(err)
	}
	return descriptor.Buildpack.Version
}

// write writes a file and returns its path. Values are formatted into the text.
func write(t *testing.T, name, text string, values ...any) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, fmt.Appendf(nil, text, values...), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
