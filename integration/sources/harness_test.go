package sources_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"
)

var (
	root, workspace string // of the repository; for all that this run makes
	obstacle        error  // why nothing can be shown on this machine

	// prefix begins the names of what this run makes in Docker.
	prefix = "sidecar-sources-" + fmt.Sprintf("%08x", rand.Uint32()) + "-"
)

func TestMain(m *testing.M) {
	gomega.SetDefaultEventuallyTimeout(30 * time.Second)
	gomega.SetDefaultEventuallyPollingInterval(20 * time.Millisecond)
	os.Exit(func() int {
		if obstacle = prepare(); obstacle == nil {
			defer os.RemoveAll(workspace)
		}
		return m.Run()
	}())
}

func prepare() (err error) {
	if root, err = filepath.Abs("../.."); err != nil {
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
	if _, err := run("docker", "image", "inspect", "sidecar-lab/builder", "sidecar-lab/run"); err != nil {
		return fmt.Errorf("make lab comes first: %w", err)
	}
	if workspace, err = os.MkdirTemp("", prefix); err != nil {
		return err
	}
	if err := os.Chmod(workspace, 0o755); err != nil {
		return err
	}
	build := exec.Command("go", "build", "-o", child(), "./integration/child")
	build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w\n%s", build.Args, err, output)
	}
	return nil
}

func pack() string  { return filepath.Join(root, "build", "lab", "bin", "pack") }
func cnb() string   { return filepath.Join(root, "build", "sidecar.cnb") }
func child() string { return filepath.Join(workspace, "child") }

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

// directory makes one with files, by their names, with their text; those without text are the child program, not yet runnable.
func directory(t *testing.T, files map[string]string) string {
	t.Helper()
	dir, err := os.MkdirTemp(workspace, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(child())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		content, mode := []byte(text), os.FileMode(0o644)
		if text == "" {
			content = program
		}
		if name == "app" {
			mode = 0o755
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// build has pack build an app, which has files, and gives the image's name and what was said.
func build(t *testing.T, files map[string]string, args ...string) (image, log string, err error) {
	t.Helper()
	image = prefix + fmt.Sprintf("%08x", rand.Uint32())
	files["app"] = ""
	t.Cleanup(func() {
		_, _ = run("docker", "image", "rm", "--force", image)
		if volumes, err := run("docker", "volume", "ls", "--quiet", "--filter", "name="+image); err == nil && volumes != "" {
			_, _ = run("docker", append([]string{"volume", "rm"}, strings.Fields(volumes)...)...)
		}
	})
	log, err = run(pack(), append([]string{
		"build", image, "--path", directory(t, files), "--builder", "sidecar-lab/builder", "--no-color",
		"--pull-policy", "never", "--trust-builder", "--trust-extra-buildpacks",
	}, args...)...)
	return image, log, err
}

// start runs the image's web until the test ends, and gives its container.
func start(t *testing.T, image string) string {
	t.Helper()
	container := prefix + fmt.Sprintf("%08x", rand.Uint32())
	t.Cleanup(func() {
		if t.Failed() {
			log, _ := run("docker", "logs", container)
			t.Logf("the log of %s:\n%s", container, log)
		}
		_, _ = run("docker", "rm", "--force", "--volumes", container)
	})
	if output, err := run("docker", "run", "--detach", "--name", container, image); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	return container
}

func logs(container string) func() (string, error) {
	return func() (string, error) { return run("docker", "logs", container) }
}

// run gives what a command writes to either output.
func run(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "PACK_HOME="+filepath.Join(root, "build", "lab", "home"), "PACK_VOLUME_KEY=sidecar-sources")
	output, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, output)
	}
	return string(output), err
}
