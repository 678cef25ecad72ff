// Package memory_test shows what becomes of a container's memory, with Paketo's memory calculator, real JVMs and the kernel's own limits.
package memory_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/onsi/gomega"
	"github.com/sclevine/spec"
)

func TestMemory(t *testing.T) {
	suite := spec.New("memory", spec.Parallel(), spec.Flat())
	suite.Before(require)
	suite("survival", testSurvival)
	suite("heap", testHeap)
	suite("sample", testSample)
	suite("java sidecar", testJavaSidecar)
	suite("too small", testTooSmall)
	suite("told", testTold)
	suite("policy", testPolicy)
	suite("kernel", testKernel)
	suite.Run(t)
}

var (
	root      string // of the repository
	workspace string // for the apps of this run
	obstacle  error  // why nothing can be shown on this machine
)

// patience is how long anything is waited for that should come soon. Nothing waits for it to pass.
const patience = time.Minute

func TestMain(m *testing.M) {
	gomega.SetDefaultEventuallyTimeout(patience)
	gomega.SetDefaultEventuallyPollingInterval(50 * time.Millisecond)
	flag.Parse()
	if err := flag.Set("test.parallel", "12"); err != nil { // most of the time each waits for a container
		panic(err)
	}
	os.Exit(func() int {
		if obstacle = prepare(); obstacle == nil {
			defer os.RemoveAll(workspace)
			defer removeImages()
		}
		return m.Run()
	}())
}

func prepare() (err error) {
	if root, err = filepath.Abs("../.."); err != nil {
		return err
	}
	if os.Getenv("WITHOUT_DOCKER") != "" {
		return errors.New("there is no Docker daemon to talk to")
	}
	for _, made := range []string{packProgram(), cnb()} {
		if _, err := os.Stat(made); err != nil {
			return fmt.Errorf("make package lab comes first: %w", err)
		}
	}
	if _, err := docker("image", "inspect", "sidecar-lab/builder", "sidecar-lab/run"); err != nil {
		return fmt.Errorf("make lab comes first: %w", err)
	}
	if _, err := exec.LookPath("javac"); err != nil {
		return fmt.Errorf("a JDK is needed, such as Debian's default-jdk-headless: %w", err)
	}
	if workspace, err = os.MkdirTemp("", prefix); err != nil {
		return err
	}
	return run("go", "build", "-o", childProgram(), "./integration/memory/child")
}

// run runs a program in the repository.
func run(argv ...string) error {
	command := exec.Command(argv[0], argv[1:]...)
	command.Dir, command.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w\n%s", argv, err, output)
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
