package integration_test

import (
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
)

// The manifest is the example of Cloud Foundry's documentation, with commands that are there.
var twoTypes = shared(files{
	"authenticator": "", "performance-monitor": "",
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
`}.write)

func testProcessTypes(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)

	it("runs beside each process type its own sidecars", func() {
		web := twoTypes(t).run(t)
		Eventually(web).Should(And(say("web is up"), say("authenticator | up"), say("performance monitor | up")))
		Expect(web.ps()).To(And(HaveLen(3), HaveKey("performance monitor")))

		worker := twoTypes(t).run(t, "--entrypoint", "worker")
		Eventually(worker).Should(And(say("worked"), say("authenticator | up")))
		Expect(worker.ps()).To(And(HaveLen(2), Not(HaveKey("performance monitor"))))
	})

	it("gives each sidecar a process type of its own, with nothing beside it", func() {
		c := twoTypes(t).run(t, "--entrypoint", "performance-monitor")
		Eventually(c).Should(say("up"))
		Expect(c.top()).To(Equal([]string{"./performance-monitor say up serve 0"}))
	})

	it("leaves the default and process types without sidecars as they were", func() {
		plain := buildAs(t, newName(), app(t, files{"app.rb": "sleep"}))
		before, defaultType := plain.processes(t)
		commands, theSame := rubyImage(t).processes(t)
		Expect(theSame).To(Equal(defaultType))
		Expect(commands).To(Equal(map[string]string{
			"web":           supervisor + " run web -- " + before["web"],
			"worker":        before["worker"],
			"config-server": "./config-server",
		}))
	})
}
