package integration_test

import (
	"encoding/json"
	"fmt"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

func testSettings(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)

	it("leaves out a sidecar that is disabled", func() {
		c := besideOnTiny(t).Run(t, "--env", "BPL_SIDECAR_DISABLED=bystander")
		Eventually(c).Should(lab.Serve("/", "ok"))
		Expect(c.PS()).To(And(HaveLen(1), HaveKey("app")))
	})

	it("writes sidecars' lines as JSON, and the app's as they are", func() {
		c := besideOnTiny(t).Run(t, "--env", "BPL_SIDECAR_LOG_FORMAT=json", "--", "say", "mine", "serve", "0")
		Eventually(c).Should(And(lab.Say("mine"), lab.Say("{")))
		lines := c.Lines()
		Expect(lines).To(And(HaveLen(2), ContainElement("mine")))
		Expect(lines).To(ContainElement(WithTransform(func(line string) (object map[string]string) {
			_ = json.Unmarshal([]byte(line), &object)
			return object
		}, And(HaveKeyWithValue("name", "bystander"), HaveKeyWithValue("stream", "stdout"), HaveKeyWithValue("line", "up"), HaveKey("time")))))
	})

	it("tells each start and stop where that is asked for", func() {
		c := besideOnTiny(t).Run(t, "--env", "BPL_SIDECAR_LOG_LEVEL=debug", "--", "exit", "0")
		Expect(c.Ends()).To(Equal(0))
		Expect(c.Logs()).To(And(ContainSubstring(`sidecar "bystander" started`), ContainSubstring("web exited with status 0")))
	})

	for _, wrong := range [][]string{
		{"BPL_SIDECAR_DISABLED", "nobody", `web has no sidecar "nobody"; it has: bystander`},
		{"BPL_SIDECAR_LOG_FORMAT", "xml", "write prefix, raw or json"},
		{"BPL_SIDECAR_LOG_LEVEL", "loud", "write info or debug"},
		{"BPL_SIDECAR_STOP_BUDGET_SECONDS", "soon", "write the seconds that stopping may take, more than 0 and at most 86400, such as 9"},
	} {
		name, value, problem := wrong[0], wrong[1], wrong[2]
		it("starts nothing with a wrong "+name, func() {
			c := besideOnTiny(t).Run(t, "--env", name+"="+value)
			Expect(c.Ends()).To(Equal(1))
			Expect(c.Logs()).To(Equal(fmt.Sprintf("supervisor: %s=%q: %s", name, value, problem)))
		})
	}
}
