// Package integration_test shows what users get from the real pack, lifecycle and Docker, and nothing else: black box.
package integration_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/onsi/gomega"
	"github.com/sclevine/spec"
)

func TestIntegration(t *testing.T) {
	suite := spec.New("integration", spec.Parallel(), spec.Flat())
	suite.Before(require)
	for _, behaviour := range []struct {
		name string
		spec func(*testing.T, spec.G, spec.S)
	}{
		{"tutorial", testTutorial},
		{"fate", testFate},
		{"stop", testStop},
		{"order", testOrder},
		{"process types", testProcessTypes},
		{"arguments", testArguments},
		{"no shell", testNoShell},
		{"legacy", testLegacy},
		{"anywhere", testAnywhere},
		{"look inside", testLookInside},
		{"settings", testSettings},
		{"sources", testSources},
		{"refused", testRefused},
		{"rebuild", testRebuild},
		{"label", testLabel},
	} {
		suite(behaviour.name, behaviour.spec)
	}
	suite.Run(t)
}

var (
	root      string // of the repository
	workspace string // for the apps of this run
	obstacle  error  // why nothing can be shown on this machine

	// prefix begins the names of all that this run makes in Docker.
	prefix = "sidecar-test-" + fmt.Sprintf("%08x", rand.Uint32()) + "-"
)

// patience is how long anything is waited for that should come at once. Nothing waits for it to pass.
const patience = 30 * time.Second

func TestMain(m *testing.M) {
	gomega.SetDefaultEventuallyTimeout(patience)
	gomega.SetDefaultEventuallyPollingInterval(20 * time.Millisecond)
	os.Exit(func() int {
		if obstacle = prepare(); obstacle == nil {
			defer os.RemoveAll(workspace)
			defer removeImages(prefix)
		}
		return m.Run()
	}())
}

func prepare() (err error) {
	if root, err = filepath.Abs(".."); err != nil {
		return err
	}
	if os.Getenv("WITHOUT_DOCKER") != "" {
		return fmt.Errorf("there is no Docker daemon to talk to")
	}
	for _, made := range []string{pack(), cnb()} {
		if _, err := os.Stat(made); err != nil {
			return fmt.Errorf("make package lab comes first: %w", err)
		}
	}
	if _, err := docker("image", "inspect", "sidecar-lab/builder", "sidecar-lab/run", "sidecar-lab/run-tiny"); err != nil {
		return fmt.Errorf("make lab comes first: %w", err)
	}
	if workspace, err = os.MkdirTemp("", prefix); err != nil {
		return err
	}
	build := exec.Command("go", "build", "-o", childProgram(), "./integration/child")
	build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w\n%s", build.Args, err, output)
	}
	return nil
}

// require skips a spec where nothing can be shown; with REQUIRE_DOCKER nothing is left out.
func require(t *testing.T) {
	t.Helper()
	switch {
	case obstacle == nil:
	case os.Getenv("REQUIRE_DOCKER") != "":
		t.Fatal(obstacle)
	default:
		t.Skipf("left out: %v", obstacle)
	}
}
