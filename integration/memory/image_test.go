package memory_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func packProgram() string  { return filepath.Join(root, "build", "lab", "bin", "pack") }
func cnb() string          { return filepath.Join(root, "build", "sidecar.cnb") }
func childProgram() string { return filepath.Join(workspace, "child") }

// The images that all is shown on.
var (
	sampleImage = shared(makeSample, "--env", "BP_LAB_JVM=true")
	jvmImage    = shared(makeFiller, "--env", "BP_LAB_JVM=true")
	plainImage  = shared(makePlain)
)

// The sidecars of two of them, of which each test takes some.
var (
	jvmSidecars   = []string{"small", "large", "java"}
	plainSidecars = []string{"steady", "talkative", "greedy", "warned", "restarted", "stopped", "fatal"}
)

// only is the setting that leaves out all sidecars but those to keep.
func only(all []string, keep ...string) string {
	others := slices.DeleteFunc(slices.Clone(all), func(name string) bool { return slices.Contains(keep, name) })
	return "BPL_SIDECAR_DISABLED=" + strings.Join(others, ",")
}

// makeSample gives the jar of the Java sample, made as a newcomer does.
func makeSample() (string, error) {
	dir := filepath.Join(workspace, "sample")
	return filepath.Join(dir, "app.jar"), run("samples/prepare", "java", dir)
}

// makeFiller gives the jar of a Java app with sidecars of two sizes, and with a Java sidecar that does what the app does.
func makeFiller() (string, error) {
	dir := filepath.Join(workspace, "filler")
	file := func(name string) string { return filepath.Join(dir, name) }
	if err := run("javac", "--release", "17", "-d", dir, "integration/memory/filler/Main.java"); err != nil {
		return "", err
	}
	if err := run("jar", "--create", "--file", file("sidecar.jar"), "--main-class", "Main", "-C", dir, "Main.class"); err != nil {
		return "", err
	}
	if err := run("cp", "integration/memory/testdata/filler.toml", file("sidecar.toml")); err != nil {
		return "", err
	}
	if err := run("cp", childProgram(), file("child")); err != nil {
		return "", err
	}
	app := filepath.Join(workspace, "filler.jar")
	return app, run("jar", "--create", "--file", app, "--main-class", "Main", "-C", dir, ".")
}

// makePlain gives an app without a JVM, which does what the arguments of docker run say.
func makePlain() (string, error) {
	dir := filepath.Join(workspace, "plain")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", err
	}
	for _, name := range []string{"app", "child"} {
		if err := run("cp", childProgram(), filepath.Join(dir, name)); err != nil {
			return "", err
		}
	}
	return dir, run("cp", "integration/memory/testdata/plain.toml", filepath.Join(dir, "sidecar.toml"))
}

// image is what pack has built, and what it said.
type image struct{ name, log string }

// shared gives an image that several tests use: built when the first needs it, removed after the last.
func shared(app func() (string, error), args ...string) func(*testing.T) image {
	build := sync.OnceValues(func() (image, error) {
		path, err := app()
		if err != nil {
			return image{}, err
		}
		return pack(path, args...)
	})
	return func(t *testing.T) image {
		t.Helper()
		built, err := build()
		if err != nil {
			t.Fatalf("%v\n%s", err, built.log)
		}
		return built
	}
}

func pack(path string, args ...string) (image, error) {
	name := newName()
	command := exec.Command(packProgram(), append([]string{
		"build", name, "--path", path, "--builder", "sidecar-lab/builder", "--post-buildpack", cnb(), "--no-color",
		"--pull-policy", "never", "--trust-builder", "--trust-extra-buildpacks",
	}, args...)...)
	command.Env = append(os.Environ(), "PACK_HOME="+filepath.Join(root, "build", "lab", "home"),
		"PACK_VOLUME_KEY=sidecar-test") // without one there would be new volumes for every build
	log, err := command.CombinedOutput()
	return image{name, string(log)}, err
}

var (
	// prefix begins the names of all that this run makes in Docker. Its digits can't spell what pack changes in volumes' names, such as lpt.
	prefix = fmt.Sprintf("sidecar-memory-%08x-", rand.Uint32())
	names  atomic.Int64
)

func newName() string { return fmt.Sprintf("%s%03d", prefix, names.Add(1)) }

// removeImages removes those of this run, and the volumes that pack made for them.
func removeImages() {
	if images, err := docker("image", "ls", "--format", "{{.Repository}}", "--filter", "reference="+prefix+"*"); err == nil {
		_, _ = docker(append([]string{"image", "rm"}, strings.Fields(images)...)...)
	}
	if volumes, err := docker("volume", "ls", "--quiet", "--filter", "name="+prefix); err == nil {
		_, _ = docker(append([]string{"volume", "rm"}, strings.Fields(volumes)...)...)
	}
}
