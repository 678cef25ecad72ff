// Package binaries_test shows where sidecars' programs come from, what is said of those that can't run, and their bills of
// materials, with the real pack, lifecycle and Docker.
package binaries_test

import (
	"os"
	"testing"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

func TestMain(m *testing.M) { lab.Main(m) }

func TestBinaries(t *testing.T) {
	suite := lab.Suite("binaries", lab.Docker)
	suite("downloaded", testDownloaded)
	suite("in the app", testInApp)
	suite("refused", testRefused)
	suite("bills of materials", testBills)
	suite.Run(t)
}

// contentOf returns the content of a program of this repository, for this machine or as the environment of the Go command says.
func contentOf(t *testing.T, pkg string, environment ...string) string {
	t.Helper()
	content, err := os.ReadFile(lab.Program(t, pkg, environment...))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
