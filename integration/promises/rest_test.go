package promises_test

import (
	"strconv"
	"syscall"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// ways are how a process can hide from the one that started it.
var ways = []string{"plain", "group", "session", "daemon"}

func testRest(t *testing.T, when spec.G, it spec.S) {
	Expect := NewWithT(t).Expect

	// begin has a puppet start another in each way.
	begin := func(s *supervised, parent *puppet) (all []*puppet) {
		for _, how := range ways {
			name := how + " of " + parent.name
			parent.do("start", name, how)
			below := s.enters(name)
			below.do("endure")
			all = append(all, below)
		}
		return all
	}

	everywhere(t, when, it, "tells all of a process to stop, and waits for it, before the next is told", func(on *setting) {
		s := on.start(t, web(sidecar("vault")), budget("60"))
		vault, app := s.enters("vault"), s.enters("app")
		ofApp, ofVault := begin(s, app), begin(s, vault)
		s.signal(syscall.SIGTERM)
		app.hears("SIGTERM")
		app.ends()
		for _, below := range ofApp {
			below.hears("SIGTERM")
		}
		drained := now()
		for _, below := range ofApp {
			below.tell("exit", "0")
		}
		Expect(vault.hears("SIGTERM")).To(BeNumerically(">", drained))
		for _, below := range ofVault {
			below.hears("SIGTERM")
			below.tell("exit", "0")
		}
		Expect(s.exits()).To(Equal(143))
	})

	everywhere(t, when, it, "starts a sidecar again only when all of its last run is gone", func(on *setting) {
		s := on.start(t, web(sidecar("pool", restarts(plan.OnFailure)), sidecar("other")))
		pool, other, app := s.enters("pool"), s.enters("other"), s.enters("app")
		workers, others := begin(s, pool), begin(s, other)
		pool.kill(syscall.SIGKILL)
		for _, w := range workers {
			w.hears("SIGTERM")
		}
		for _, w := range workers {
			Expect(s.entered("pool")).To(BeFalse())
			w.tell("exit", "0")
		}
		s.enters("pool").do("ping")
		for _, o := range others {
			o.do("ping")
		}
		app.do("ping")
	})

	everywhere(t, when, it, "kills what outlives the grace, and names it", func(on *setting) {
		s := on.start(t, web(sidecar("pool", restarts(plan.OnFailure), grace(0.3))))
		pool, app := s.enters("pool"), s.enters("app")
		workers := begin(s, pool)
		pool.tell("exit", "3")
		for _, w := range workers {
			w.ends()
		}
		s.enters("pool")
		app.tell("exit", "0")
		Expect(s.exits()).To(BeZero())
		Expect(lines(&s.stderr)).To(ContainElement(MatchRegexp(
			`what is left of sidecar "pool" has not ended \d+ms after SIGTERM; killing (exe \(PID \d+\)(, )?){4}$`)))
	})

	everywhere(t, when, it, "says what a sidecar has begun in the background and left there", func(on *setting) {
		s := on.start(t, web(sidecar("agent")))
		agent, app := s.enters("agent"), s.enters("app")
		agent.do("start", "daemon", "daemon")
		s.enters("daemon")
		agent.tell("exit", "0")
		app.hears("SIGTERM")
		Expect(s.exits()).To(Equal(1))
		Expect(lines(&s.stderr)).To(ContainElement(MatchRegexp(
			`sidecar "agent" exited with status 0, leaving exe \(PID \d+\): it has to stay in the foreground; stopping web$`)))
	})

	everywhere(t, when, it, "knows a daemon of a run that still goes on", func(on *setting) {
		s := on.start(t, web(sidecar("pool")))
		pool, app := s.enters("pool"), s.enters("app")
		pool.do("start", "daemon", "daemon")
		daemon := s.enters("daemon")
		daemon.do("endure")
		_, err := s.ask(app, "restart", "--no-wait", "pool")
		Expect(err).To(BeEmpty())
		pool.hears("SIGTERM")
		daemon.hears("SIGTERM")
		daemon.tell("exit", "0")
		s.enters("pool").do("ping")
	})

	it("knows a daemon that has changed its user and its environment", func() {
		theirs := settings[1]
		theirs.require(t)
		s := plain.start(t, web(sidecar("pool", restarts(plan.OnFailure))))
		pool := s.enters("pool")
		s.enters("app")
		begin := `exec env -i setsid --fork "$0" "$1" daemon >/dev/null 2>&1`
		pool.do("run", strconv.Itoa(stranger), "sh", "-c", begin, plain.path("child"), s.address)
		daemon := s.enters("daemon")
		pool.tell("exit", "1")
		daemon.hears("SIGTERM")
		daemon.ends()
		s.enters("pool")
	})

	it("lets a pipeline drain: its end is told when its beginning is gone", func() {
		s := plain.prepare(t)
		piped := append([]string{"sh", "-c", `"$$@" | cat; :`, "sh"}, s.puppet("server")...)
		s.launch(s.supervisor(web(sidecar("piped", command(piped...))), s.puppet("app")...))
		server, app := s.enters("server"), s.enters("app")
		server.do("endure")
		app.tell("exit", "0")
		server.hears("SIGTERM")
		server.do("write", "1", "drained\n")
		server.tell("exit", "0")
		Expect(s.exits()).To(BeZero())
		Expect(lines(&s.stdout)).To(HaveExactElements("piped | drained"))
	})
}
