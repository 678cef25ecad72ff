package lab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
)

// A Need is something that not every machine has. It returns why this one lacks it, or nil.
type Need func() error

var (
	// Packaged is what scripts/package makes, and the pack that it is made with.
	Packaged Need = sync.OnceValue(packaged)
	// Docker is a Docker daemon with the lab's images, and what is Packaged.
	Docker Need = sync.OnceValue(docker)
	// JDK is a Java compiler and what belongs to it.
	JDK = Tool("javac", "a JDK, such as Debian's default-jdk-headless")
)

// Tool returns the need for a program in PATH, and tells whoever lacks it that it comes with origin.
func Tool(name, origin string) Need {
	return func() error {
		if _, err := exec.LookPath(name); err != nil {
			return fmt.Errorf("%w: it comes with %s", err, origin)
		}
		return nil
	}
}

// Require skips a test on a machine that lacks one of its needs. Where REQUIRE_DOCKER is set nothing may be left out: the test fails.
func Require(t *testing.T, needs ...Need) {
	t.Helper()
	for _, need := range needs {
		switch err := need(); {
		case err == nil:
		case os.Getenv("REQUIRE_DOCKER") != "":
			t.Fatal(err)
		default:
			t.Skipf("left out: %v", err)
		}
	}
}

func packaged() error {
	for _, made := range []string{pack, Buildpack} {
		if _, err := os.Stat(made); err != nil {
			return fmt.Errorf("make package comes first: %w", err)
		}
	}
	return nil
}

func docker() error {
	if os.Getenv("WITHOUT_DOCKER") != "" {
		return errors.New("there is no Docker daemon to talk to")
	}
	if _, err := Try("docker", "image", "inspect", "sidecar-lab/builder", "sidecar-lab/run", "sidecar-lab/run-tiny"); err != nil {
		return fmt.Errorf("make lab comes first: %w", err)
	}
	return Packaged()
}
