// Package shipping_test looks at what make package makes, as those do who put it into builders or onto other machines.
package shipping_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sclevine/spec"
	"github.com/sclevine/spec/report"
)

func TestShipping(t *testing.T) {
	for _, made := range []string{packProgram, cnb} {
		if _, err := os.Stat(made); err != nil {
			leaveOut(t, "make package comes first: %v", err)
		}
	}
	suite := spec.New("shipping", spec.Report(report.Terminal{}))
	suite("reproducible", testReproducible)
	suite("arm64", testARM64)
	suite("inspect", testInspect)
	suite("builder", testBuilder)
	suite.Run(t)
}

var (
	root, _     = filepath.Abs("../..")
	packProgram = filepath.Join(root, "build/lab/bin/pack")
	cnb         = filepath.Join(root, "build/sidecar.cnb")
)

// leaveOut skips a test that can't run on this machine; with REQUIRE_DOCKER nothing is left out.
func leaveOut(t *testing.T, why string, args ...any) {
	t.Helper()
	if os.Getenv("REQUIRE_DOCKER") != "" {
		t.Fatalf(why, args...)
	}
	t.Skipf("left out: "+why, args...)
}

// run runs a program that must succeed and gives what it writes.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	return succeed(t, exec.Command(name, args...))
}

func succeed(t *testing.T, command *exec.Cmd) string {
	t.Helper()
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%q: %v\n%s", command.Args, err, output)
	}
	return string(output)
}

func pack(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	command := exec.Command(packProgram, append(args, "--no-color")...)
	command.Env = append(os.Environ(), "PACK_HOME="+filepath.Join(root, "build/lab/home"),
		"PACK_VOLUME_KEY=sidecar-test") // without one there would be new volumes for every build
	return command
}

// image gives a name for an image, which is removed with the volumes that pack makes for it after the test.
func image(t *testing.T) string {
	name := "sidecar-test-" + fmt.Sprintf("%08x", rand.Uint32())
	t.Cleanup(func() {
		remove(t, "image", "reference="+name, "{{.Repository}}")
		remove(t, "volume", "name="+name, "{{.Name}}")
	})
	return name
}

// remove removes what Docker has of a kind and fits a filter.
func remove(t *testing.T, kind, filter, format string) {
	t.Helper()
	if names := strings.Fields(run(t, "docker", kind, "ls", "--filter", filter, "--format", format)); len(names) > 0 {
		run(t, "docker", append([]string{kind, "rm"}, names...)...)
	}
}

// commands gives the commands of the process types of an image, as the lifecycle has noted them.
func commands(t *testing.T, image string) map[string]string {
	t.Helper()
	label := run(t, "docker", "image", "inspect", "--format", `{{index .Config.Labels "io.buildpacks.build.metadata"}}`, image)
	var metadata struct {
		Processes []struct {
			Type          string
			Command, Args []string
		}
	}
	if err := json.Unmarshal([]byte(label), &metadata); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, p := range metadata.Processes {
		all[p.Type] = strings.Join(append(p.Command, p.Args...), " ")
	}
	return all
}

// write writes a file in a directory and gives its path; values are formatted into the text.
func write(t *testing.T, dir, name, text string, values ...any) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, fmt.Appendf(nil, text, values...), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
