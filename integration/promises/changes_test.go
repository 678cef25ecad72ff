package promises_test

import (
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func testChanges(t *testing.T, when spec.G, it spec.S) {
	g := NewWithT(t)
	Expect := g.Expect

	// watching is a sidecar that heeds one file.
	watching := func(name, path, do string) plan.Process {
		return sidecar(name, func(p *plan.Process) { p.OnChange = &plan.OnChange{Paths: []string{path}, Do: do} })
	}

	// write has a file be there with its text, which is one change however slow this is.
	write := func(path, text string) {
		Expect(os.WriteFile(path+".new", []byte(text), 0o644)).To(Succeed())
		Expect(os.Rename(path+".new", path)).To(Succeed())
	}

	it("restarts a sidecar when a file changes", func() {
		path := filepath.Join(t.TempDir(), "agent.conf")
		s := plain.start(t, web(watching("agent", path, "restart")))
		first, app := s.enters("agent"), s.enters("app")
		Expect(s.ps(app)).To(HaveKey("agent")) // by then it is watched
		write(path, "level = 1")
		first.hears("SIGTERM")
		s.enters("agent")
		Expect(s.ps(app)["agent"].Restarts).To(Equal(1))
		app.tell("exit", "0")
		Expect(s.exits()).To(BeZero())
		Expect(lines(&s.stderr)).To(ConsistOf(`supervisor | ` + path + ` has changed; restarting sidecar "agent"`))
	})

	it("restarts no sidecar that could not be started again", func() {
		path := filepath.Join(t.TempDir(), "agent.conf")
		agent := watching("agent", path, "restart")
		agent.DependsOn = map[string]plan.Condition{"vault": plan.Started}
		s := plain.start(t, web(sidecar("vault", func(p *plan.Process) { p.Essential = false }), agent,
			watching("witness", path, "SIGUSR1")))
		vault, first, seen, app := s.enters("vault"), s.enters("agent"), s.enters("witness"), s.enters("app")
		Expect(s.ps(app)).To(HaveKey("agent")) // by then it is watched
		_, problem := s.ask(app, "stop", "vault", "--no-wait")
		Expect(problem).To(BeEmpty())
		vault.hears("SIGTERM")
		write(path, "level = 1")
		seen.hears("SIGUSR1")
		first.do("ping")
		_, problem = s.ask(app, "start", "vault", "--no-wait")
		Expect(problem).To(BeEmpty())
		vault = s.enters("vault")
		first.hears("SIGTERM") // now that it can
		s.enters("agent")
		vault.tell("exit", "1")
		g.Eventually(func() string { return s.ps(app)["vault"].State }).WithTimeout(patience).Should(Equal("ended"))
		write(path, "level = 2")
		seen.hears("SIGUSR1")
		app.tell("exit", "0")
		Expect(s.exits()).To(BeZero())
		Expect(lines(&s.stderr)).To(ContainElements(
			`supervisor | `+path+` has changed; sidecar "agent" is not restarted yet: it needs vault started`,
			`supervisor | `+path+` has changed; restarting sidecar "agent"`,
			`supervisor | `+path+` has changed; sidecar "agent" is not restarted: it needs vault started, which exited with status 1`))
	})

	it("tells a sidecar nothing of what changed before it was started", func() {
		path := filepath.Join(t.TempDir(), "agent.conf")
		file, err := os.Create(path)
		Expect(err).NotTo(HaveOccurred())
		s := plain.start(t, web(watching("agent", path, "SIGUSR1"), watching("witness", path, "SIGUSR1")))
		first, seen, app := s.enters("agent"), s.enters("witness"), s.enters("app")
		Expect(s.ps(app)).To(HaveKey("agent")) // by then it is watched
		_, err = file.WriteString("level = 1")
		Expect(err).NotTo(HaveOccurred())
		_, problem := s.ask(app, "restart", "agent", "--no-wait")
		Expect(problem).To(BeEmpty())
		first.hears("SIGTERM")
		agent := s.enters("agent")
		Expect(file.Close()).To(Succeed()) // of which the kernel tells only now
		seen.hears("SIGUSR1")
		write(path, "level = 2")
		seen.hears("SIGUSR1")
		agent.hears("SIGUSR1")
		app.tell("exit", "0")
		agent.hears("SIGTERM") // and nothing before
		Expect(s.exits()).To(BeZero())
	})

	it("sends the app a signal when a file changes", func() {
		path := filepath.Join(t.TempDir(), "tls.crt")
		p := web(sidecar("agent"))
		p.App.OnChange = &plan.OnChange{Paths: []string{path}, Do: "SIGUSR1"}
		s := plain.start(t, p)
		s.enters("agent")
		app := s.enters("app")
		Expect(s.ps(app)).To(HaveKey("agent")) // by then it is watched
		write(path, "a certificate")
		app.hears("SIGUSR1")
		app.tell("exit", "0")
		Expect(s.exits()).To(BeZero())
		Expect(s.stderr.String()).To(BeEmpty())
	})

	it("sends a sidecar a signal when a file changes", func() {
		path := filepath.Join(t.TempDir(), "agent.conf")
		s := plain.start(t, web(watching("agent", path, "SIGUSR1")))
		agent, app := s.enters("agent"), s.enters("app")
		Expect(s.ps(app)).To(HaveKey("agent"))
		write(path, "level = 1")
		agent.hears("SIGUSR1")
		app.tell("exit", "0")
		Expect(s.exits()).To(BeZero())
		Expect(s.stderr.String()).To(BeEmpty())
	})
}
