// Package cloudfoundry_test stages and launches apps on a test host with Cloud Foundry's facts: its directories, no /cnb, no
// group.toml, no CNB variables at launch, and start commands that are found again by their joined strings.
package cloudfoundry_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

const (
	cfhost   = "/tmp/lifecycle/cfhost"
	vcap     = `VCAP_APPLICATION={"application_name":"my-app","limits":{"mem":256}}` // set in staging and at launch
	sidecars = "/tmp/buildpacks/sidecar.cnb"
)

// cell is an image of the test host; an app's containers are all made of it.
type cell struct{ lab.Image }

func newCell(t *testing.T) cell {
	t.Helper()
	lab.Must(t, "scripts/tools", "cfhost")
	dir := lab.Make(t, lab.Files{})
	lab.Must(t, "cp", "build/lab/bin/cfhost", "integration/cloudfoundry/testdata/Dockerfile", dir)
	buildpacks := filepath.Join(dir, "buildpacks")
	NewWithT(t).Expect(os.Mkdir(buildpacks, 0o755)).To(Succeed())
	lab.Must(t, "cp", "-r", lab.Buildpack, "integration/lab/buildpacks/static", "integration/cloudfoundry/testdata/types", buildpacks)
	c := cell{lab.Image{Name: lab.Name()}}
	lab.Must(t, "docker", "build", "--tag", c.Name, dir)
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
	const script = `cp -r /tmp/app /home/vcap/workspace && exec ` + cfhost + ` stage "$@"`
	options := []string{"--volume", app + ":/tmp/app:ro", "--env", vcap, "--", "bash", "-c", script, "stage"}
	staging := c.Run(t, append(options, buildpacks...)...)
	g.Expect(staging.Ends()).To(BeZero(), staging.Logs)

	dir := lab.Make(t, lab.Files{})
	lab.Must(t, "docker", "cp", staging.Name+":/tmp/result.json", dir)
	lab.Must(t, "docker", "cp", staging.Name+":/tmp/droplet", dir)
	content, err := os.ReadFile(filepath.Join(dir, "result.json"))
	g.Expect(err).NotTo(HaveOccurred())
	var told struct {
		ProcessTypes map[string]string `json:"process_types"`
	}
	g.Expect(json.Unmarshal(content, &told)).To(Succeed())
	return droplet{c, filepath.Join(dir, "droplet"), staging.Logs(), told.ProcessTypes}
}

// launch starts a process in a new container that has nothing of staging but the droplet.
func (d droplet) launch(t *testing.T, command string) lab.Container {
	t.Helper()
	const script = `tar -C / -xf /tmp/droplet && exec ` + cfhost + ` launch "$@"`
	return d.Run(t, "--init", "--env", "PORT=8080", "--env", vcap, "--volume", d.file+":/tmp/droplet:ro",
		"--", "bash", "-c", script, "launch", command)
}
