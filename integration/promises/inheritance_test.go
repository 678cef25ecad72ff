package promises_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func testInheritance(t *testing.T, when spec.G, it spec.S) {
	Expect := NewWithT(t).Expect

	everywhere(t, when, it, "gives the app all that it would have without a supervisor, and nothing more", func(on *setting) {
		file, err := os.CreateTemp(t.TempDir(), "")
		Expect(err).NotTo(HaveOccurred())
		defer file.Close()
		files := func(c *exec.Cmd) {
			c.Dir, c.Stdin, c.Stdout, c.Stderr, c.ExtraFiles = "/usr", file, file, file, []*os.File{file}
		}
		d := on.prepare(t)
		d.launch(d.puppet("app"), files)
		alone := d.enters("app")
		s := on.start(t, web(sidecar("config-server")), files)
		app, config := s.enters("app"), s.enters("config-server")

		expected := alone.facts
		expected.Args[1], expected.Group, expected.Session = app.facts.Args[1], app.facts.Group, app.facts.Session
		Expect(app.facts).To(Equal(expected))
		for _, leads := range besides012(config.facts.Files) {
			Expect(leads).NotTo(ContainSubstring(filepath.Base(file.Name())), "what was opened for the app is not the sidecar's")
		}
	})

	it("leaves masks of signals and limits as they are", func() {
		what := func(command func(s *supervised, argv ...string) []string) string {
			out, err := os.Create(filepath.Join(t.TempDir(), "out"))
			Expect(err).NotTo(HaveOccurred())
			defer out.Close()
			s := plain.prepare(t)
			s.launch(command(s, "cat", "/proc/self/status", "/proc/self/limits"), outputs(out))
			Expect(s.exits()).To(BeZero())
			text, err := os.ReadFile(out.Name())
			Expect(err).NotTo(HaveOccurred())
			var kept []string
			for line := range strings.Lines(string(text)) {
				for _, prefix := range []string{"Sig", "Max", "Umask", "NoNewPrivs", "Seccomp", "Cap", "CoreDumping", "THP_enabled", "Groups"} {
					// SigQ differs from one moment to the next. Nobody enforces "Max file locks": it is what processes are told apart by.
					differs := strings.HasPrefix(line, "SigQ") || strings.HasPrefix(line, "Max file locks")
					if strings.HasPrefix(line, prefix) && !differs {
						kept = append(kept, line)
					}
				}
			}
			return strings.Join(kept, "")
		}
		alone := what(func(_ *supervised, argv ...string) []string { return argv })
		Expect(alone).NotTo(BeEmpty())
		Expect(what(func(s *supervised, argv ...string) []string {
			return s.supervisor(web(sidecar("config-server")), argv...)
		})).To(Equal(alone))
	})

	it("lets a sidecar see of the environment what it may, and then its own", func() {
		all := sidecar("all")
		all.Env = map[string]string{"OWN": "1", "SHARED": "mine"}
		some := sidecar("some")
		some.InheritEnv = []string{"SHARED"}
		none := sidecar("none")
		none.InheritEnv = nil
		none.Env = map[string]string{"OWN": "1"}
		s := plain.start(t, web(all, some, none), func(c *exec.Cmd) { c.Env = []string{"PATH=/bin", "SHARED=theirs", "SECRET=s"} })
		Expect(s.enters("all").facts.Env).To(ConsistOf("PATH=/bin", "SECRET=s", "OWN=1", "SHARED=mine"))
		Expect(s.enters("some").facts.Env).To(ConsistOf("SHARED=theirs"))
		Expect(s.enters("none").facts.Env).To(ConsistOf("OWN=1"))
		Expect(s.enters("app").facts.Env).To(Equal([]string{"PATH=/bin", "SHARED=theirs", "SECRET=s"}))
	})

	it("starts a sidecar in its own directory", func() {
		elsewhere := sidecar("elsewhere")
		elsewhere.WorkingDir = "/usr"
		s := plain.start(t, web(elsewhere))
		Expect(s.enters("elsewhere").facts.Dir).To(Equal("/usr"))
		Expect(s.enters("app").facts.Dir).To(Equal(s.cmd.Dir))
	})

	it("keeps its own descriptors to itself, however often something is restarted", func() {
		flaky := sidecar("flaky")
		s := plain.start(t, web(sidecar("config-server", logs(plan.JSON)), flaky))
		app := s.enters("app")
		for range 5 {
			for fd, file := range besides012(s.enters("flaky").facts.Files) {
				Expect(app.facts.Files).To(HaveKeyWithValue(fd, file))
			}
			_, err := s.ask(app, "restart", "flaky")
			Expect(err).To(BeEmpty())
		}
	})
}

// besides012 are the descriptors that a process has without being given them for this: what the test inherited, and Go's own.
func besides012(files map[string]string) map[string]string {
	others := maps.Clone(files)
	for _, fd := range []string{"0", "1", "2"} {
		delete(others, fd)
	}
	return others
}
