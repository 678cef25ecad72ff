package promises_test

import (
	"syscall"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
)

func testDescendants(t *testing.T, when spec.G, it spec.S) {
	g := NewWithT(t)
	Expect := g.Expect

	// The last descriptors of a process that is killed are closed before it can be awaited, so its end is known here by then.
	allGone := func(puppets ...*puppet) {
		t.Helper()
		for _, p := range puppets {
			g.Eventually(p.gone, patience).Should(BeClosed(), "%s is left behind", p.name)
		}
	}

	everywhere(t, when, it, "leaves nothing behind, wherever a process has hidden", func(on *setting) {
		s := on.start(t, web(sidecar("config-server")))
		config, app := s.enters("config-server"), s.enters("app")
		var left []*puppet
		for _, parent := range []*puppet{app, config} {
			for _, how := range []string{"plain", "group", "session", "daemon"} {
				name := how + " of " + parent.name
				parent.do("start", name, how)
				below := s.enters(name)
				below.do("ignore", "SIGTERM") // and so does all that it starts
				below.do("ignore", "SIGHUP")
				below.do("start", "daemon of "+name, "daemon")
				left = append(left, below, s.enters("daemon of "+name))
			}
		}
		app.tell("exit", "0")
		Expect(s.exits()).To(BeZero())
		allGone(left...)
	})

	everywhere(t, when, it, "ends what forks while it is being killed", func(on *setting) {
		s := on.start(t, web(sidecar("config-server")), budget("2"))
		config, app := s.enters("config-server"), s.enters("app")
		config.do("ignore", "SIGTERM")
		config.do("fork", "5000")
		config.hears("forking")
		config.kill(syscall.SIGKILL)
		app.hears("SIGTERM")
		Expect(s.exits()).To(Equal(137))
		allGone(config)
	})

	everywhere(t, when, it, "ends what a sidecar leaves in its process group before it is started again", func(on *setting) {
		s := on.start(t, web(sidecar("config-server")))
		config, app := s.enters("config-server"), s.enters("app")
		config.do("start", "worker", "plain")
		worker := s.enters("worker")
		worker.do("ignore", "SIGTERM")
		_, err := s.ask(app, "restart", "config-server")
		Expect(err).To(BeEmpty())
		worker.ends()
		s.enters("config-server").do("ping")
		app.do("ping")
	})
}
