package integration_test

import (
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

// The manifest is the example of Cloud Foundry's documentation, with commands that are there.
var twoTypes = lab.Share(lab.Files{
	"authenticator": lab.Child, "performance-monitor": lab.Child,
	"app.rb": "$stdout.sync = true\nputs 'web is up'\nsleep\n",
	"manifest.yml": `---
applications:
- name: my-app
  memory: 1G
  sidecars:
  - name: authenticator
    process_types: [ 'web', 'worker' ]
    command: ./authenticator say up serve 0
    memory: 64M
  - name: performance monitor
    process_types: [ 'web' ]
    command: ./performance-monitor say up serve 0
    memory: 64M
`})

func testProcessTypes(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)

	it("runs beside each process type its own sidecars", func() {
		web := twoTypes(t).Run(t)
		Eventually(web).Should(And(lab.Say("web is up"), lab.Say("authenticator | up"), lab.Say("performance monitor | up")))
		Expect(web.PS()).To(And(HaveLen(3), HaveKey("performance monitor")))

		worker := twoTypes(t).Run(t, "--entrypoint", "worker")
		Eventually(worker).Should(And(lab.Say("worked"), lab.Say("authenticator | up")))
		Expect(worker.PS()).To(And(HaveLen(2), Not(HaveKey("performance monitor"))))
	})

	it("gives each sidecar a process type of its own, with nothing beside it", func() {
		c := twoTypes(t).Run(t, "--entrypoint", "performance-monitor")
		Eventually(c).Should(lab.Say("up"))
		Expect(c.Top()).To(Equal([]string{"./performance-monitor say up serve 0"}))
	})

	it("leaves the default and process types without sidecars as they were", func() {
		plain := lab.Pack(t, lab.Files{"app.rb": "sleep"})
		before, defaultType := plain.Processes(t)
		commands, theSame := rubyImage(t).Processes(t)
		Expect(theSame).To(Equal(defaultType))
		Expect(commands).To(Equal(map[string]string{
			"web":           lab.Supervisor + " run web -- " + before["web"],
			"worker":        before["worker"],
			"config-server": "./config-server",
		}))
	})
}
