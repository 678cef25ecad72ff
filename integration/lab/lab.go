// Package lab is what integration tests are made with: the real pack, lifecycle and Docker, and whatever else this machine has. A test
// package calls Main from its TestMain and makes its specs a Suite, which names what they need. A spec has an App, builds an Image of it,
// runs that and expects things of the Container, as the first example shows. All that is made goes away when the test or the run ends.
// The images, buildpacks and builder beside this code are what scripts/lab makes the lab's own ones of.
package lab

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/onsi/gomega"
	"github.com/sclevine/spec"
)

// patience is how long a test waits for what should come soon. Nothing waits for it to pass.
const patience = 4 * time.Minute

// Main runs a package's tests and exits. Eight specs run at a time, since they wait more than they work; -parallel changes that.
func Main(m *testing.M) {
	gomega.SetDefaultEventuallyTimeout(patience)
	gomega.SetDefaultEventuallyPollingInterval(20 * time.Millisecond)
	flag.Parse()
	if !isSet("test.parallel") {
		_ = flag.Set("test.parallel", "8")
	}
	os.Exit(runTests(m))
}

func isSet(name string) (set bool) {
	flag.Visit(func(f *flag.Flag) { set = set || f.Name == name })
	return set
}

func runTests(m *testing.M) int {
	var err error
	if workspace, err = os.MkdirTemp("", prefix); err == nil {
		err = os.Chmod(workspace, 0o755) // builds read it as other users
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(workspace)
	leave, err := useImages()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer leave()
	return m.Run()
}

// Suite returns a suite of specs that run in parallel. Each requires the needs; see Require.
func Suite(name string, needs ...Need) spec.Suite {
	suite := spec.New(name, spec.Parallel(), spec.Flat())
	suite.Before(func(t *testing.T) {
		t.Helper()
		Require(t, needs...)
	})
	return suite
}

// root is the repository's directory. Tests run in their package's, which is in there.
var root = func() string {
	dir, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	for dir != "/" {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		dir = filepath.Dir(dir)
	}
	panic("lab: there is no go.mod in the working directory or above")
}()

// Path returns the path of a file of the repository, such as Path("build", "bin", "supervisor").
func Path(elements ...string) string {
	return filepath.Join(append([]string{root}, elements...)...)
}

var workspace string // the directory of all that this run makes

// newDir makes an empty directory that builds can read.
func newDir() (string, error) {
	if workspace == "" {
		return "", errors.New("TestMain must call lab.Main, which removes what tests make")
	}
	dir, err := os.MkdirTemp(workspace, "")
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o755)
}
