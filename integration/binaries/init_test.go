// Package binaries_test shows where sidecars' programs come from, what is said of those that can't run, and their bills of
// materials, with the real pack, lifecycle and Docker.
package binaries_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/onsi/gomega"
	"github.com/sclevine/spec"
)

func TestBinaries(t *testing.T) {
	suite := spec.New("binaries", spec.Parallel(), spec.Flat())
	suite.Before(func(t *testing.T) {
		if obstacle != nil && os.Getenv("REQUIRE_DOCKER") != "" {
			t.Fatal(obstacle)
		}
		if obstacle != nil {
			t.Skipf("left out: %v", obstacle)
		}
	})
	suite("downloaded", testDownloaded)
	suite("in the app", testInApp)
	suite("refused", testRefused)
	suite("bills of materials", testBills)
	suite.Run(t)
}

var (
	root      string // of the repository
	workspace string // for the apps of this run
	child     []byte // a static program of Go for this machine
	obstacle  error  // why nothing can be shown on this machine

	// prefix begins the names of all that this run makes in Docker.
	prefix = "sidecar-binaries-" + fmt.Sprintf("%08x", rand.Uint32()) + "-"
	names  atomic.Int64
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
	if _, err := docker("image", "inspect", "sidecar-lab/builder", "sidecar-lab/run"); err != nil {
		return fmt.Errorf("make lab comes first: %w", err)
	}
	if workspace, err = os.MkdirTemp("", prefix); err != nil {
		return err
	}
	if err := os.Chmod(workspace, 0o755); err != nil { // the build's user reads in it
		return err
	}
	child, err = compile()
	return err
}

// compile makes the child program, static, for a platform in the form of GOOS=… and GOARCH=…, or for this machine.
func compile(platform ...string) ([]byte, error) {
	path := filepath.Join(workspace, fmt.Sprint("child", names.Add(1)))
	build := exec.Command("go", "build", "-o", path, "./integration/child")
	build.Dir, build.Env = root, append(append(os.Environ(), "CGO_ENABLED=0"), platform...)
	if output, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%v: %w\n%s", build.Args, err, output)
	}
	return os.ReadFile(path)
}

// files are a directory's, by their names.
type files map[string][]byte

// directory makes a directory with these files, all of them executable.
func directory(t *testing.T, all files) string {
	t.Helper()
	dir := filepath.Join(workspace, fmt.Sprint("dir", names.Add(1)))
	for name, content := range all {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// image is what pack has built, and what it said.
type image struct{ name, log string }

// build has pack build an app with this buildpack, and more arguments; the image is gone after the test.
func build(t *testing.T, app string, args ...string) image {
	t.Helper()
	name := newName(t)
	built, err := buildAs(name, app, args...)
	if err != nil {
		t.Fatalf("%v\n%s", err, built.log)
	}
	return built
}

// refusal has pack build what can't be, and gives what it said.
func refusal(t *testing.T, app string, args ...string) string {
	t.Helper()
	built, err := buildAs(newName(t), app, args...)
	if err == nil {
		t.Fatalf("this was to fail:\n%s", built.log)
	}
	return built.log
}

// newName gives a name for an image, which is gone after the test with all that was made for it.
func newName(t *testing.T) string {
	name := fmt.Sprint(prefix, names.Add(1))
	t.Cleanup(func() {
		_, _ = docker("image", "rm", "--force", name)
		if volumes, err := docker("volume", "ls", "--quiet", "--filter", "name="+name); err == nil && volumes != "" {
			_, _ = docker(append([]string{"volume", "rm"}, strings.Fields(volumes)...)...)
		}
	})
	return name
}

func buildAs(name, app string, args ...string) (image, error) {
	log, err := pack(append([]string{
		"build", name, "--path", app, "--builder", "sidecar-lab/builder", "--no-color", "--pull-policy", "never", "--trust-builder",
		"--trust-extra-buildpacks", "--post-buildpack", filepath.Join(root, "build", "sidecar.cnb"),
	}, args...)...)
	return image{name, log}, err
}

func pack(args ...string) (string, error) {
	cmd := exec.Command(filepath.Join(root, "build", "lab", "bin", "pack"), args...)
	cmd.Env = append(os.Environ(), "PACK_HOME="+filepath.Join(root, "build", "lab", "home"), "PACK_VOLUME_KEY=sidecar-test")
	output, err := cmd.CombinedOutput()
	return string(output), err
}

// starts starts a container of the image, gone after the test, and gives its log.
func (i image) starts(t *testing.T) (log func() string) {
	t.Helper()
	id, err := docker("run", "--detach", i.name)
	if err != nil {
		t.Fatalf("%v\n%s", err, i.log)
	}
	t.Cleanup(func() { _, _ = docker("rm", "--force", "--volumes", id) })
	return func() string {
		text, _ := docker("logs", id)
		return text
	}
}

// docker gives what a command of Docker's writes to either output.
func docker(args ...string) (string, error) {
	var output bytes.Buffer
	cmd := exec.Command("docker", args...)
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%v: %w\n%s", cmd.Args, err, &output)
	}
	return strings.TrimSpace(output.String()), nil
}
