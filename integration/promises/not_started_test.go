package promises_test

import (
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
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
			Expect(lines(&s.stderr)).To(ContainElement("supervisor | web can't be started: exec " + on.path(app.program) + ": " + app.says))
		})
	}

	it("says where it looked for an app", func() {
		s := plain.prepare(t)
		s.launch(s.supervisor(web(), "no-such-app"), environ("PATH=/nowhere:/neither"))
		Expect(s.exits()).To(Equal(127))
		Expect(lines(&s.stderr)).To(ConsistOf("supervisor | web can't be started: find no-such-app: not in PATH=/nowhere:/neither"))
	})

	for _, place := range []struct{ what, dir, says string }{
		{"a file", plain.path("data"), "not a directory"},
		{"below a file", plain.path("data") + "/deep", "not a directory"},
		{"not there", plain.path("nowhere"), "no such file or directory"},
	} {
		it("names a working-dir that is "+place.what, func() {
			s := plain.start(t, web(sidecar("config-server", in(place.dir), command(plain.path("child"), "exit", "0"))))
			Expect(s.exits()).To(BeNumerically(">=", 126))
			Expect(lines(&s.stderr)).To(ContainElement(
				`supervisor | sidecar "config-server" can't be started: working directory ` + place.dir + ": " + place.says + "; stopping web"))
		})
	}

	it("names a working-dir that it may not enter", func() {
		theirs := settings[1]
		theirs.require(t)
		s := theirs.prepare(t)
		dir := filepath.Join(s.dir, "locked")
		Expect(os.Mkdir(dir, 0o700)).To(Succeed())
		s.launch(s.supervisor(web(sidecar("config-server", in(dir))), s.puppet("app")...))
		Expect(s.exits()).To(Equal(126))
		Expect(lines(&s.stderr)).To(ContainElement(
			`supervisor | sidecar "config-server" can't be started: working directory ` + dir + ": permission denied; stopping web"))
	})

	it("finds a command by a relative element of PATH, from the directory that it runs in", func() {
		s := plain.prepare(t)
		Expect(os.Symlink(plain.path("child"), filepath.Join(s.dir, "here"))).To(Succeed())
		Expect(os.MkdirAll(filepath.Join(s.dir, "conf", "bin"), 0o755)).To(Succeed())
		Expect(os.Symlink(plain.path("child"), filepath.Join(s.dir, "conf", "bin", "there"))).To(Succeed())
		at := func(name string) func(*plan.Process) {
			return func(p *plan.Process) {
				p.Command, p.Env = append([]string{name}, s.puppet(p.Name)[1:]...), map[string]string{"PATH": "bin:"}
			}
		}
		s.launch(s.supervisor(web(
			sidecar("there", at("there"), in(filepath.Join(s.dir, "conf"))),
			sidecar("here", at("here")),
		), s.puppet("app")...))
		s.enters("there")
		s.enters("here")
		s.enters("app").tell("exit", "0")
		Expect(s.exits()).To(BeZero())
	})

	it("stops when a sidecar can't be started", func() {
		s := plain.start(t, web(sidecar("config-server", command(plain.path("missing")))))
		Expect(s.exits()).To(Equal(127))
		Expect(lines(&s.stderr)).To(ConsistOf(
			`supervisor | sidecar "config-server" can't be started: exec ` + plain.path("missing") + ": no such file or directory; stopping web"))
		Expect(s.entered("app")).To(BeFalse())
	})
}
