package lab

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
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
	image, err := build(Name(), app, args)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

// Refuse has pack build, as Build does, what can't be built, and returns what it said.
func Refuse(t *testing.T, app App, args ...string) string {
	t.Helper()
	image, err := build(Name(), app, withBuildpack(args))
	if err == nil {
		t.Fatalf("this was to fail:\n%s", image.Log)
	}
	return image.Log
}

// Share returns an image for several tests. The first that needs it builds it, as Build does.
func Share(app App, args ...string) func(*testing.T) Image {
	once := sync.OnceValues(func() (Image, error) { return build(Name(), app, withBuildpack(args)) })
	return func(t *testing.T) Image {
		t.Helper()
		image, err := once()
		if err != nil {
			t.Fatal(err)
		}
		return image
	}
}

// Rebuild has pack build the image's app again, as it is now, under the same name.
func (i Image) Rebuild(t *testing.T) Image {
	t.Helper()
	Must(t, "docker", "tag", i.Name, Name()) // so that this one can be removed when it has lost its name
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

const common = "sidecar-test-" // begins the names of all that tests make in Docker

var (
	prefix = fmt.Sprintf("%s%08x-", common, rand.Uint32()) // begins the names of all that this run makes
	names  atomic.Int64
)

// Name returns a name that nothing else has in Docker. An image of that name goes away at the end.
func Name() string { return fmt.Sprintf("%s%03d", prefix, names.Add(1)) }

// Leave takes a name from an image that has it not from Name, and leaves the image to the end.
func Leave(t *testing.T, image string) {
	t.Helper()
	Must(t, "docker", "tag", image, Name())
	Must(t, "docker", "image", "rm", image)
}

// users is held by each process of a user's that uses images of ours. Images that are alike are one in Docker, under several names, and
// nobody is to take one away while somebody else makes it. So they, and the volumes that pack makes for them, stay until the last process
// ends.
var users = filepath.Join(os.TempDir(), fmt.Sprint(common, "users-", os.Getuid()))

// useImages is called before any image is made. leave is called when no more will be, and where nobody else makes any it removes all.
func useImages() (leave func(), err error) {
	lock, err := os.OpenFile(users, os.O_RDWR|os.O_CREATE, 0o666)
	if err == nil {
		err = unix.Flock(int(lock.Fd()), unix.LOCK_SH)
	}
	return func() {
		if unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil {
			remove("image", "{{.Repository}}", "reference="+common+"*")
			remove("volume", "{{.Name}}", "name="+common)
		}
		_ = lock.Close()
	}, err
}

func remove(kind, format, filter string) {
	if found, err := Try("docker", kind, "ls", "--format", format, "--filter", filter); err == nil && found != "" {
		_, _ = Try(append([]string{"docker", kind, "rm"}, strings.Fields(found)...)...)
	}
}
