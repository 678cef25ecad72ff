package cloudfoundry_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
	"github.com/sclevine/spec/report"
)

const supervisor = "/home/vcap/layers/sidecar-buildpack_sidecar/supervisor/bin/supervisor"

func TestCloudFoundry(t *testing.T) {
	require(t)
	cell := newCell(t)
	spec.Run(t, "Cloud Foundry", func(t *testing.T, when spec.G, it spec.S) {
		testCloudFoundry(t, cell, when, it)
	}, spec.Report(report.Terminal{}))
}

// require skips where this machine has no Docker, or not what make lab package makes; with REQUIRE_DOCKER nothing is left out.
func require(t *testing.T) {
	t.Helper()
	obstacle := "there is no Docker daemon to talk to"
	if os.Getenv("WITHOUT_DOCKER") == "" {
		if _, err := os.Stat(root + "/build/sidecar.cnb"); err == nil {
			return
		}
		obstacle = "make lab package comes first"
	}
	if os.Getenv("REQUIRE_DOCKER") != "" {
		t.Fatal(obstacle)
	}
	t.Skip("left out: " + obstacle)
}

func testCloudFoundry(t *testing.T, cell cell, when spec.G, it spec.S) {
	g := NewWithT(t)
	g.SetDefaultEventuallyTimeout(20 * time.Second)
	Expect, Eventually := g.Expect, g.Eventually

	var app string
	it.Before(func() {
		app = filepath.Join(t.TempDir(), "app")
		run(t, root+"/samples/prepare", "go", app)
	})
	declare := func(file, declaration string) {
		Expect(os.WriteFile(filepath.Join(app, file), []byte(declaration), 0o644)).To(Succeed())
	}

	when("the app has a sidecar.toml", func() {
		var droplet droplet
		var web instance
		it.Before(func() {
			droplet = cell.stage(t, app, "/tmp/buildpacks/static", sidecars)
			Expect(droplet.commands).To(Equal(map[string]string{
				"web":           supervisor + " run web -- ./app web",
				"config-server": "./config-server",
			}))
			web = droplet.launch(t, droplet.commands["web"])
			Eventually(web.get("/")).Should(ContainSubstring("Hi, I'm an app with a sidecar!"))
		})

		it("runs the sidecar inside of web", func() {
			Expect(web.logs()).To(ContainSubstring("detected process type: 'web'"))
			Expect(web.get("/config")()).To(ContainSubstring("some-service.admin"))
			Expect(web.exec(supervisor, "ps")).To(And(
				MatchRegexp(`(?m)^config-server +\d+ +running +ready`),
				MatchRegexp(`(?m)^app +\d+ +running`),
			))
			Expect(web.logs()).To(ContainSubstring("config-server | Received a request for config."))
		})

		it("needs nothing that is not there", func() {
			Expect(web.exec("ls", "-A", "/", "/home/vcap/layers")).NotTo(Or(ContainSubstring("cnb\n"), ContainSubstring("group.toml")))
			environment := strings.Split(web.exec("cat", "/proc/"+pid(web, "app")+"/environ"), "\x00")
			Expect(environment).To(ContainElements("PORT=8080", vcap))
			Expect(environment).NotTo(ContainElement(HavePrefix("CNB_")))
		})

		it("ends the container with a sidecar that is killed", func() {
			web.exec("bash", "-c", "kill -9 "+pid(web, "config-server"))
			Expect(web.exits()).To(Equal("137"))
			Expect(web.logs()).To(ContainSubstring(`sidecar "config-server" exited with status 137; stopping web`))
		})

		it("stops when the process that the platform knows is told to", func() {
			run(t, "docker", "kill", "--signal", "TERM", web.id)
			Expect(web.exits()).To(Equal("143"))
		})
	})

	it("leaves a manifest's sidecars to the platform", func() {
		Expect(os.Remove(filepath.Join(app, "sidecar.toml"))).To(Succeed())
		declare("manifest.yml", `
applications:
- name: my-app
  sidecars:
  - name: config-server
    process_types: [web]
    command: ./config-server
`)
		droplet := cell.stage(t, app, "/tmp/buildpacks/static", sidecars)
		Expect(droplet.log).To(ContainSubstring("Cloud Foundry"))
		Expect(droplet.commands).To(Equal(map[string]string{"web": "./app web"}))

		web := droplet.launch(t, droplet.commands["web"])
		Eventually(web.get("/")).Should(ContainSubstring("Hi, I'm an app with a sidecar!"))
		run(t, "docker", "exec", "--detach", "--env", "CONFIG_SERVER_PORT=8082", web.id, cfhost, "launch", "./config-server")
		Eventually(web.get("/config")).Should(ContainSubstring("some-service.admin"))
	})

	it("keeps process types apart that have the same command", func() {
		declare("sidecar.toml", `
			[[sidecars]]
			name = "config-server"
			process-types = ["web", "worker"]
			command = ["./config-server"]
			env = { CONFIG_SERVER_PORT = "8082" }`)
		droplet := cell.stage(t, app, "/tmp/buildpacks/types", sidecars)
		for _, processType := range []string{"web", "worker"} {
			command := supervisor + " run " + processType + " -- ./app"
			Expect(droplet.commands).To(HaveKeyWithValue(processType, command))
			process := droplet.launch(t, command)
			Eventually(process.get("/config")).Should(ContainSubstring("some-service.admin"))
			Expect(process.logs()).To(ContainSubstring("detected process type: '" + processType + "'"))
		}
	})
}

// pid gives the process ID of what is called name.
func pid(i instance, name string) string {
	i.t.Helper()
	for line := range strings.Lines(i.exec(supervisor, "ps")) {
		if columns := strings.Fields(line); columns[0] == name {
			return columns[1]
		}
	}
	i.t.Fatalf("supervisor ps doesn't list %s", name)
	return ""
}
