package promises_test

import (
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
	"golang.org/x/sys/unix"
)

// Some platforms, such as Heroku, send SIGTERM to every process of a container.

// TestSharedTerm has many supervisors, each with all that it runs, get SIGTERM at once.
func TestSharedTerm(t *testing.T) {
	prepare(t)
	spec.Run(t, "shared SIGTERM", testSharedTerm, spec.Parallel(), spec.Flat())
}

func testSharedTerm(t *testing.T, when spec.G, it spec.S) {
	Expect, Eventually := NewWithT(t).Expect, NewWithT(t).Eventually

	const said = `supervisor \| SIGTERM came(, to .+ too|; stopping web)`

	// begun has an app that ends with 7 on SIGTERM, a sidecar that dies of it and two that end with 0 and 1.
	begun := func(on *setting) (s *supervised, sidecars []*puppet, app *puppet) {
		s = on.start(t, web(sidecar("dies"), sidecar("ends"), sidecar("fails")))
		for _, name := range []string{"dies", "ends", "fails"} {
			sidecars = append(sidecars, s.enters(name))
		}
		sidecars[1].do("leave", "0")
		sidecars[2].do("leave", "1")
		app = s.enters("app")
		app.do("leave", "7")
		return s, sidecars, app
	}

	// atOnce is within how long a SIGTERM explains the end of a sidecar that failed.
	const atOnce = 100 * time.Millisecond

	for _, on := range []*setting{plain, settings[2]} {
		it("exits with the app's code, whoever is told first, "+on.name, func() {
			on.require(t)
			shown := 0
			for range 60 {
				s, sidecars, app := begun(on)
				supervisor := func() { _ = s.cmd.Process.Signal(unix.SIGTERM) } // it may have ended, after all others
				tell := []func(){supervisor, func() { _ = unix.Kill(app.pid, unix.SIGTERM) }}
				for _, p := range sidecars {
					tell = append(tell, func() { _ = unix.Kill(p.pid, unix.SIGTERM) })
				}
				began := time.Now()
				for _, i := range rand.Perm(len(tell)) {
					tell[i]()
				}
				code := s.exits()
				if time.Since(began) >= atOnce { // so the supervisor may have been told too late
					Expect(code).To(BeElementOf(7, 1, 143), s.stderr.String())
					continue
				}
				shown++
				Expect(code).To(Equal(7), s.stderr.String())
				Expect(s.stderr.String()).To(Or(MatchRegexp(said), ContainSubstring("web exited with status 7"))) // where all end before it is told
			}
			Expect(shown).To(BeNumerically(">", 0))
		})
	}

	it("exits with the app's code where all have ended before the supervisor looks", func() {
		for range 20 {
			s, sidecars, app := begun(plain)
			s.signal(unix.SIGSTOP)
			for _, p := range append(sidecars, app) {
				p.kill(unix.SIGTERM)
				p.ends()
			}
			s.signal(unix.SIGTERM)
			s.signal(unix.SIGCONT)
			Expect(s.exits()).To(Equal(7), s.stderr.String())
			Expect(s.stderr.String()).To(MatchRegexp(said))
		}
	})

	it("exits with the app's code where a sidecar was heard to end before", func() {
		stderr := pipe(t)
		s := plain.start(t, web(sidecar("config-server")), outputsApart(stderr.write))
		config, app := s.enters("config-server"), s.enters("app")
		app.do("endure")
		config.kill(unix.SIGTERM)
		app.hears("SIGTERM") // the supervisor's
		s.signal(unix.SIGTERM)
		Expect(stderr.until("too")).To(Equal("supervisor | SIGTERM came, to sidecar \"config-server\" too\n"))
		app.tell("exit", "7")
		Expect(s.exits()).To(Equal(7))
	})

	it("exits with the app's code after kill -1", func() {
		on := settings[2]
		on.require(t)
		for range 30 {
			s := on.prepare(t)
			stdin := pipe(t)
			argv := s.supervisor(web(sidecar("config-server")), s.puppet("app")...)
			shell := []string{"/bin/bash", "-c", `"$@" & read -r line; kill -TERM -1; wait $!`, "bash"}
			s.launch(append(shell, argv...), func(c *exec.Cmd) { c.Stdin = stdin.read })
			s.enters("config-server")
			s.enters("app").do("leave", "7")
			_, err := stdin.write.WriteString("now\n")
			Expect(err).NotTo(HaveOccurred())
			Expect(s.exits()).To(Equal(7), s.stderr.String())
			Expect(s.stderr.String()).To(MatchRegexp(said))
		}
	})

	it("tells an app with a stop-delay-seconds no second time while that lasts", func() {
		p := web(sidecar("config-server"))
		p.App.StopDelaySeconds = 30
		s := plain.start(t, p, budget("90"))
		s.enters("config-server")
		app := s.enters("app")
		app.do("endure")
		app.kill(unix.SIGTERM)
		app.hears("SIGTERM")
		s.signal(unix.SIGTERM)
		Eventually(func() string { return s.ps(app)["app"].State }).WithTimeout(patience).Should(Equal("draining"))
		app.tell("exit", "0")
		Expect(s.exits()).To(BeZero())
		app.ends()
		Expect(app.happened).To(BeEmpty())
	})

	it("still takes a sidecar for the cause that nobody told to end", func() {
		s := plain.start(t, web(sidecar("config-server")))
		config, app := s.enters("config-server"), s.enters("app")
		app.do("leave", "7")
		config.tell("exit", "9")
		Expect(s.exits()).To(Equal(9))
		Expect(strings.Count(s.stderr.String(), "SIGTERM")).To(BeZero())
	})
}
