package lab

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// Buildpack is the path of this buildpack, as pack takes it.
var Buildpack = Path("build", "sidecar.cnb")

var pack = Path("build", "lab", "bin", "pack")

// OnTiny are arguments of Build for a run image that has nothing to run: no shell, no C library.
var OnTiny = []string{"--run-image", "sidecar-lab/run-tiny"}

// OnRun returns arguments of Build for the run image of a sample that lists Debian's packages, and makes that where it isn't there yet.
func OnRun(t *testing.T, sample string) []string {
	t.Helper()
	Must(t, "scripts/lab-run", sample)
	return []string{"--run-image", "sidecar-lab/run-" + sample}
}

// Image is one that Docker has.
type Image struct {
	Name string
	Log  string // what pack said of it

	app  App
	args []string
}

// Build has pack build an app with this buildpack behind the builder's own, and with more arguments of pack's.
func Build(t *testing.T, app App, args ...string) Image {
	t.Helper()
	return Pack(t, app, withBuildpack(args)...)
}

// Pack has pack build an app with the builder's buildpacks, or with others where the arguments say so.
func Pack(t *testing.T, app App, args ...string) Image {
	t.Helper()
	image, err := build(Name(t), app, args)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

// Refuse has pack build, as Build does, what can't be built, and returns what it said.
func Refuse(t *testing.T, app App, args ...string) string {
	t.Helper()
	image, err := build(Name(t), app, withBuildpack(args))
	if err == nil {
		t.Fatalf("this was to fail:\n%s", image.Log)
	}
	return image.Log
}

// Share returns an image for several tests. The first that needs it builds it, as Build does; it goes away after the last.
func Share(app App, args ...string) func(*testing.T) Image {
	once := sync.OnceValues(func() (Image, error) { return build(newName(), app, withBuildpack(args)) })
	return func(t *testing.T) Image {
		t.Helper()
		image, err := once()
		if err != nil {
			t.Fatal(err)
		}
		return image
	}
}

// removeShared removes what Share has left, and nothing where no image was named.
func removeShared() {
	if names.Load() > 0 {
		removeImages(prefix)
	}
}

// Rebuild has pack build the image's app again, as it is now, under the same name.
func (i Image) Rebuild(t *testing.T) Image {
	t.Helper()
	Must(t, "docker", "tag", i.Name, Name(t)) // so that this one can be removed when it has lost its name
	again, err := build(i.Name, i.app, i.args)
	if err != nil {
		t.Fatal(err)
	}
	return again
}

func withBuildpack(args []string) []string {
	return append([]string{"--post-buildpack", Buildpack}, args...)
}

func build(name string, app App, args []string) (Image, error) {
	path, err := app.Make()
	if err != nil {
		return Image{}, err
	}
	log, err := Try(append([]string{"pack", "build", name, "--path", path, "--builder", "sidecar-lab/builder", "--no-color",
		"--pull-policy", "never", "--trust-builder", "--trust-extra-buildpacks"}, args...)...)
	return Image{name, log, At(path), args}, err
}

// Label returns one of the image's labels, or "" where it has no such.
func (i Image) Label(t *testing.T, name string) string {
	t.Helper()
	return Must(t, "docker", "image", "inspect", "--format", fmt.Sprintf("{{index .Config.Labels %q}}", name), i.Name)
}

// Processes returns the command line of each process type, and the default type.
func (i Image) Processes(t *testing.T) (commands map[string]string, defaultType string) {
	t.Helper()
	var recorded struct {
		Processes []struct {
			Type          string
			Command, Args []string
		}
		Default string `json:"buildpack-default-process-type"`
	}
	if err := json.Unmarshal([]byte(i.Label(t, "io.buildpacks.build.metadata")), &recorded); err != nil {
		t.Fatal(err)
	}
	commands = map[string]string{}
	for _, p := range recorded.Processes {
		commands[p.Type] = strings.Join(append(p.Command, p.Args...), " ")
	}
	return commands, recorded.Default
}

var (
	prefix = fmt.Sprintf("sidecar-test-%08x-", rand.Uint32()) // begins the names of all that this run makes in Docker
	names  atomic.Int64
)

// newName returns a name that nothing else has in Docker, and that no other name begins with.
func newName() string { return fmt.Sprintf("%s%03d", prefix, names.Add(1)) }

// Name returns a new name for an image. An image of that name, and what pack has kept for it, go away after the test.
func Name(t *testing.T) string {
	name := newName()
	t.Cleanup(func() { removeImages(name) })
	return name
}

// removeImages removes the images whose names begin so, and the volumes that pack has made for them.
func removeImages(prefix string) {
	remove("image", "{{.Repository}}", "reference="+prefix+"*")
	remove("volume", "{{.Name}}", "name="+prefix)
}

func remove(kind, format, filter string) {
	if found, err := Try("docker", kind, "ls", "--format", format, "--filter", filter); err == nil && found != "" {
		_, _ = Try(append([]string{"docker", kind, "rm"}, strings.Fields(found)...)...)
	}
}
