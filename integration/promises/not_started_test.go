package promises_test

import (
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
)

func testNotStarted(t *testing.T, when spec.G, it spec.S) {
	Expect := NewWithT(t).Expect

	for _, app := range []struct {
		what, program string
		code          int
		says          string
	}{
		{"isn't there", "missing", 127, "no such file or directory"},
		{"isn't executable", "data", 126, "permission denied"},
		{"needs an interpreter that isn't there", "script", 126, "it is there, but the interpreter or loader that it needs is not"},
	} {
		everywhere(t, when, it, "exits as a shell would when the app "+app.what, func(on *setting) {
			s := on.prepare(t)
			s.launch(s.supervisor(web(sidecar("config-server")), on.path(app.program)))
			Expect(s.exits()).To(Equal(app.code))
			Expect(lines(&s.stderr)).To(ContainElement("web can't be started: exec " + on.path(app.program) + ": " + app.says))
		})
	}

	it("says where it looked for an app", func() {
		s := plain.prepare(t)
		s.launch(s.supervisor(web(), "no-such-app"), environ("PATH=/nowhere:/neither"))
		Expect(s.exits()).To(Equal(127))
		Expect(lines(&s.stderr)).To(ConsistOf("web can't be started: find no-such-app: not in PATH=/nowhere:/neither"))
	})

	it("stops when a sidecar can't be started", func() {
		s := plain.start(t, web(sidecar("config-server", command(plain.path("missing")))))
		Expect(s.exits()).To(Equal(127))
		Expect(lines(&s.stderr)).To(ConsistOf(
			`sidecar "config-server" can't be started: exec ` + plain.path("missing") + ": no such file or directory; stopping web"))
		Expect(s.entered("app")).To(BeFalse())
	})
}
