package integration_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func pack() string      { return filepath.Join(root, "build", "lab", "bin", "pack") }
func cnb() string       { return filepath.Join(root, "build", "sidecar.cnb") }
func buildpack() string { return filepath.Join(root, "build", "buildpack") }

// onTiny builds on the run image without a shell.
var onTiny = []string{"--run-image", "sidecar-lab/run-tiny"}

// image is what pack has built, and what it said.
type image struct {
	name string
	log  string
}

var names atomic.Int64

// newName is one that nothing else in Docker has, and that no other begins with.
func newName() string { return fmt.Sprintf("%s%03d", prefix, names.Add(1)) }

// build has pack build the app in a directory with this buildpack, and more arguments; the image is gone after the test.
func build(t *testing.T, app string, args ...string) image {
	t.Helper()
	return buildAs(t, newName(), app, append(withBuildpack(), args...)...)
}

func withBuildpack() []string { return []string{"--post-buildpack", cnb()} }

// buildAs has pack build under a name, with no other arguments of its own choice than those that pack needs here.
func buildAs(t *testing.T, name, app string, args ...string) image {
	t.Helper()
	t.Cleanup(func() { removeImages(name) })
	built, err := runPack(name, app, args)
	if err != nil {
		t.Fatalf("%v\n%s", err, built.log)
	}
	return built
}

// refusal has pack build what can't be built with this buildpack, and gives what it said.
func refusal(t *testing.T, app string) string {
	t.Helper()
	name := newName()
	t.Cleanup(func() { removeImages(name) })
	built, err := runPack(name, app, withBuildpack())
	if err == nil {
		t.Fatalf("this was to fail:\n%s", built.log)
	}
	return built.log
}

// shared gives an image that several tests use: built when the first needs it, removed after the last.
func shared(app func() (string, error), args ...string) func(*testing.T) image {
	build := sync.OnceValues(func() (image, error) {
		dir, err := app()
		if err != nil {
			return image{}, err
		}
		return runPack(newName(), dir, append(withBuildpack(), args...))
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

func runPack(name, app string, args []string) (image, error) {
	cmd := exec.Command(pack(), append([]string{
		"build", name, "--path", app, "--builder", "sidecar-lab/builder", "--no-color",
		"--pull-policy", "never", "--trust-builder", "--trust-extra-buildpacks",
	}, args...)...)
	cmd.Env = append(os.Environ(), "PACK_HOME="+filepath.Join(root, "build", "lab", "home"),
		"PACK_VOLUME_KEY=sidecar-test") // without one there would be new volumes for every build
	log, err := cmd.CombinedOutput()
	return image{name, string(log)}, err
}

// removeImages removes every image whose name begins like that, and the volumes that pack made for it.
func removeImages(name string) {
	if images, err := docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", "reference="+name+"*"); err == nil {
		_, _ = docker(append([]string{"image", "rm"}, strings.Fields(images)...)...)
	}
	if volumes, err := docker("volume", "ls", "--quiet", "--filter", "name="+name); err == nil {
		_, _ = docker(append([]string{"volume", "rm"}, strings.Fields(volumes)...)...)
	}
}

// label reads one of the image's labels.
func (i image) label(t *testing.T, name string) string {
	t.Helper()
	return mustDocker(t, "image", "inspect", "--format", fmt.Sprintf("{{index .Config.Labels %q}}", name), i.name)
}

// layers gives the diff IDs of this buildpack's layers by their names, as the lifecycle recorded them; each is in the image.
func (i image) layers(t *testing.T) map[string]string {
	t.Helper()
	var recorded struct {
		Buildpacks []struct {
			Key    string
			Layers map[string]struct{ SHA string }
		}
	}
	parse(t, i.label(t, "io.buildpacks.lifecycle.metadata"), &recorded)
	var all []string
	parse(t, mustDocker(t, "image", "inspect", "--format", "{{json .RootFS.Layers}}", i.name), &all)
	layers := map[string]string{}
	for _, b := range recorded.Buildpacks {
		for name, layer := range b.Layers {
			if b.Key != "sidecar-buildpack/sidecar" {
				continue
			}
			if !slices.Contains(all, layer.SHA) {
				t.Fatalf("%s is no layer of %s: %v", layer.SHA, i.name, all)
			}
			layers[name] = layer.SHA
		}
	}
	return layers
}

// processes gives the command of each process type, by the lifecycle's record, and the default one.
func (i image) processes(t *testing.T) (commands map[string]string, defaultType string) {
	t.Helper()
	var recorded struct {
		Processes []struct {
			Type          string
			Command, Args []string
		}
		Default string `json:"buildpack-default-process-type"`
	}
	parse(t, i.label(t, "io.buildpacks.build.metadata"), &recorded)
	commands = map[string]string{}
	for _, p := range recorded.Processes {
		commands[p.Type] = strings.Join(append(p.Command, p.Args...), " ")
	}
	return commands, recorded.Default
}

func parse(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
}
