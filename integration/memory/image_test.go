package memory_test

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

// child is the package of a program that takes as much memory as its arguments say.
const child = "./integration/memory/child"

var (
	//go:embed testdata/plain.toml
	plainDeclaration string
	//go:embed testdata/filler.toml
	fillerDeclaration string
)

// The images that all is shown on.
var (
	sampleImage = lab.Share(lab.Sample("java"), "--env", "BP_LAB_JVM=true")
	jvmImage    = lab.Share(filler{}, "--env", "BP_LAB_JVM=true")
	plainImage  = lab.Share(lab.Files{"app": child, "child": child, "sidecar.toml": plainDeclaration})
)

// The sidecars of two of them, of which each test takes some.
var (
	jvmSidecars   = []string{"small", "large", "unbounded", "java"}
	plainSidecars = []string{
		"steady", "talkative", "greedy", "measured", "warned", "restarted", "stopped", "fatal", "leaking", "forked", "later",
		"go", "ruby", "limited",
	}
)

// only returns the setting that leaves out all sidecars but those to keep.
func only(all []string, keep ...string) string {
	others := slices.DeleteFunc(slices.Clone(all), func(name string) bool { return slices.Contains(keep, name) })
	return "BPL_SIDECAR_DISABLED=" + strings.Join(others, ",")
}

// filler is a Java app with sidecars of two sizes, and with a Java sidecar that does what the app does.
type filler struct{}

// Make makes its jar.
func (filler) Make() (string, error) {
	dir, err := lab.Files{"sidecar.toml": fillerDeclaration, "child": child}.Make()
	if err != nil {
		return "", err
	}
	jar := dir + ".jar"
	for _, command := range [][]string{
		{"javac", "-Xlint:-options", "--release", "8", "-d", dir + "/classes", "integration/memory/filler/Main.java"},
		{"jar", "--create", "--file", dir + "/sidecar.jar", "--main-class", "Main", "-C", dir + "/classes", "."},
		{"cp", "-r", dir + "/classes/.", dir},
		{"rm", "-r", dir + "/classes"},
		{"jar", "--create", "--file", jar, "--main-class", "Main", "-C", dir, "."},
	} {
		if _, err := lab.Try(command...); err != nil {
			return "", err
		}
	}
	return jar, nil
}

// alone returns what a JVM says that the launcher starts in such a container without the supervisor.
func alone(t *testing.T, image lab.Image, options ...string) string {
	t.Helper()
	docker := append([]string{"docker", "run", "--rm", "--entrypoint", "launcher"}, options...)
	return lab.Must(t, append(docker, image.Name, "java", "-version")...)
}

// environment returns what a process of the container was started with, a line for each variable.
func environment(c lab.Container, process string) string {
	return strings.ReplaceAll(c.Exec("cat", fmt.Sprintf("/proc/%d/environ", c.Process(process).PID)), "\x00", "\n")
}
