package promises_test

import (
	"os/exec"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
)

func testStdin(t *testing.T, when spec.G, it spec.S) {
	Expect := NewWithT(t).Expect

	everywhere(t, when, it, "gives standard input to the app, and none to sidecars", func(on *setting) {
		s := on.start(t, web(sidecar("config-server")), func(c *exec.Cmd) { c.Stdin = strings.NewReader("one\ntwo\n") })
		config, app := s.enters("config-server"), s.enters("app")
		Expect(config.do("read")).To(Equal("EOF"))
		Expect(app.do("read")).To(Equal("one"))
		Expect(app.do("read")).To(Equal("two"))
		Expect(app.do("read")).To(Equal("EOF"))
	})
}
