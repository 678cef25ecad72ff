package cloudfoundry_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

const supervisor = "/home/vcap/layers/sidecar-buildpack_sidecar/supervisor/bin/supervisor"

func TestMain(m *testing.M) { lab.Main(m) }

func TestCloudFoundry(t *testing.T) {
	lab.Require(t, lab.Docker)
	cell := newCell(t)
	spec.Run(t, "Cloud Foundry", func(t *testing.T, when spec.G, it spec.S) {
		testCloudFoundry(t, cell, when, it)
	}, spec.Parallel(), spec.Flat())
}

func testCloudFoundry(t *testing.T, cell cell, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually

		app string
	)
	it.Before(func() { app = lab.Make(t, lab.Sample("go")) })
	declare := func(file, declaration string) {
		Expect(os.WriteFile(filepath.Join(app, file), []byte(declaration), 0o644)).To(Succeed())
	}

	when("the app has a sidecar.toml", func() {
		var droplet droplet
		var web lab.Container
		it.Before(func() {
			droplet = cell.stage(t, app, "/tmp/buildpacks/static", sidecars)
			Expect(droplet.commands).To(Equal(map[string]string{
				"web":           supervisor + " run web -- ./app web",
				"config-server": "./config-server",
			}))
			web = droplet.launch(t, droplet.commands["web"])
			Eventually(web).Should(lab.Serve("/", "Hi, I'm an app with a sidecar!"))
		})

		it("runs the sidecar inside of web", func() {
			Expect(web.Logs()).To(ContainSubstring("detected process type: 'web'"))
			Expect(web).To(lab.Serve("/config", "some-service.admin"))
			Expect(web.Exec(supervisor, "ps")).To(And(
				MatchRegexp(`(?m)^config-server +\d+ +running +ready`),
				MatchRegexp(`(?m)^app +\d+ +running`),
			))
			Eventually(web.Logs).Should(ContainSubstring("config-server | Received a request for config."))
		})

		it("needs nothing that is not there", func() {
			Expect(web.Exec("ls", "-A", "/", "/home/vcap/layers")).NotTo(Or(ContainSubstring("cnb\n"), ContainSubstring("group.toml")))
			environment := strings.Split(web.Exec("cat", "/proc/"+pid(t, web, "app")+"/environ"), "\x00")
			Expect(environment).To(ContainElements("PORT=8080", vcap))
			Expect(environment).NotTo(ContainElement(HavePrefix("CNB_")))
		})

		it("ends the container with a sidecar that is killed", func() {
			web.Detach("bash", "-c", "kill -9 "+pid(t, web, "config-server"))
			Expect(web.Ends()).To(Equal(137))
			Expect(web.Logs()).To(ContainSubstring(`sidecar "config-server" was killed by SIGKILL, by hand or by another process; stopping web`))
		})

		it("stops when the process that the platform knows is told to", func() {
			lab.Must(t, "docker", "kill", "--signal", "TERM", web.Name)
			Expect(web.Ends()).To(Equal(143))
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
		Eventually(web).Should(lab.Serve("/", "Hi, I'm an app with a sidecar!"))
		web.Detach("env", "CONFIG_SERVER_PORT=8082", cfhost, "launch", "./config-server")
		Eventually(web).Should(lab.Serve("/config", "some-service.admin"))
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
			Eventually(process).Should(lab.Serve("/config", "some-service.admin"))
			Expect(process.Logs()).To(ContainSubstring("detected process type: '" + processType + "'"))
		}
	})
}

// pid returns the process ID of what is called name.
func pid(t *testing.T, c lab.Container, name string) string {
	t.Helper()
	for line := range strings.Lines(c.Exec(supervisor, "ps")) {
		if columns := strings.Fields(line); columns[0] == name {
			return columns[1]
		}
	}
	t.Fatalf("supervisor ps doesn't list %s", name)
	return ""
}
