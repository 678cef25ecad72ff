// Package cloudfoundry stages and launches apps on a test host with Cloud Foundry's facts: its directories, no /cnb, no
// group.toml, no CNB variables at launch, and start commands that are found again by their joined strings.
package cloudfoundry_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

const (
	root     = "../.."
	cfhost   = "/tmp/lifecycle/cfhost"
	vcap     = `VCAP_APPLICATION={"application_name":"my-app","limits":{"mem":256}}` // set in staging and at launch
	sidecars = "/tmp/buildpacks/sidecar.cnb"
)

// cell is an image of the test host; an app's containers are all made of it.
type cell struct{ image string }

func newCell(t *testing.T) cell {
	t.Helper()
	run(t, root+"/scripts/tools", "cfhost")
	dir := t.TempDir()
	buildpacks := filepath.Join(dir, "buildpacks")
	NewWithT(t).Expect(os.Mkdir(buildpacks, 0o755)).To(Succeed())
	run(t, "cp", root+"/build/lab/bin/cfhost", "testdata/Dockerfile", dir)
	run(t, "cp", "-r", root+"/build/sidecar.cnb", root+"/integration/lab/buildpacks/static", "testdata/types", buildpacks)
	c := cell{"sidecar-test-cell-" + fmt.Sprintf("%08x", rand.Uint32())}
	run(t, "docker", "build", "--tag", c.image, dir)
	t.Cleanup(func() { run(t, "docker", "rmi", c.image) })
	return c
}

// droplet is an app that has been staged.
type droplet struct {
	cell
	file     string            // the droplet itself
	log      string            // what staging said
	commands map[string]string // by process type: all that the platform knows of a process
}

// stage stages the app in a directory with buildpacks, in their order.
func (c cell) stage(t *testing.T, app string, buildpacks ...string) droplet {
	t.Helper()
	g := NewWithT(t)
	script := `cp -r /tmp/app /home/vcap/workspace && exec ` + cfhost + ` stage "$@"`
	args := []string{"create", "--volume", app + ":/tmp/app:ro", "--env", vcap, c.image, "bash", "-c", script, "stage"}
	container := run(t, "docker", append(args, buildpacks...)...)
	defer run(t, "docker", "rm", "--force", container)
	staged := droplet{cell: c, file: filepath.Join(t.TempDir(), "droplet")}
	staged.log = run(t, "docker", "start", "--attach", container)

	result := filepath.Join(t.TempDir(), "result.json")
	run(t, "docker", "cp", container+":/tmp/result.json", result)
	run(t, "docker", "cp", container+":/tmp/droplet", staged.file)
	content, err := os.ReadFile(result)
	g.Expect(err).NotTo(HaveOccurred())
	var told struct {
		ProcessTypes map[string]string `json:"process_types"`
	}
	g.Expect(json.Unmarshal(content, &told)).To(Succeed())
	staged.commands = told.ProcessTypes
	return staged
}

// instance is a container that a droplet runs in.
type instance struct {
	t  *testing.T
	id string
}

// launch starts a process in a new container that has nothing of staging but the droplet.
func (d droplet) launch(t *testing.T, command string) instance {
	t.Helper()
	id := run(t, "docker", "create", "--init", "--env", "PORT=8080", "--env", vcap, d.image, cfhost, "launch", command)
	i := instance{t, id}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(i.logs())
		}
		run(t, "docker", "rm", "--force", id)
	})
	droplet, err := os.Open(d.file)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	defer func() { _ = droplet.Close() }()
	unpack := exec.Command("docker", "cp", "-", id+":/")
	unpack.Stdin = droplet
	out, err := unpack.CombinedOutput()
	NewWithT(t).Expect(err).NotTo(HaveOccurred(), string(out))
	run(t, "docker", "start", id)
	return i
}

// exec runs a command beside the app.
func (i instance) exec(command ...string) string {
	i.t.Helper()
	return run(i.t, "docker", append([]string{"exec", i.id}, command...)...)
}

// get gives a function that asks the app.
func (i instance) get(path string) func() string {
	return func() string {
		out, _ := exec.Command("docker", "exec", i.id, "curl", "--silent", "http://localhost:8080"+path).Output()
		return string(out)
	}
}

func (i instance) logs() string {
	out, _ := exec.Command("docker", "logs", i.id).CombinedOutput()
	return string(out)
}

// exits waits for the container's end and gives its exit code.
func (i instance) exits() string {
	i.t.Helper()
	return run(i.t, "docker", "wait", i.id)
}

// run runs a program that must succeed and gives what it writes, without the space around it.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	command := exec.Command(name, args...)
	command.Stdout, command.Stderr = &out, &out
	if err := command.Run(); err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, &out)
	}
	return strings.TrimSpace(out.String())
}
