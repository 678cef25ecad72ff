package promises_test

import (
	"strconv"
	"syscall"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
	"golang.org/x/sys/unix"
)

// forwardable are all signals but those that can't be caught, those of a process's own faults, children, pipes and reading and writing
// at terminals, those that libraries and Go's profiler keep for themselves, and SIGTERM.
func forwardable() []syscall.Signal {
	signals := []syscall.Signal{
		unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGUSR1, unix.SIGUSR2, unix.SIGALRM, unix.SIGSTKFLT, unix.SIGCONT, unix.SIGTSTP,
		unix.SIGXCPU, unix.SIGXFSZ, unix.SIGVTALRM, unix.SIGWINCH, unix.SIGIO, unix.SIGPWR,
	}
	for sig := syscall.Signal(35); sig <= 64; sig++ { // the real-time ones
		signals = append(signals, sig)
	}
	return signals
}

func testSignals(t *testing.T, when spec.G, it spec.S) {
	g := NewWithT(t)

	everywhere(t, when, it, "passes every signal on to the app, and none to sidecars", func(on *setting) {
		s := on.start(t, web(sidecar("config-server")))
		config, app := s.enters("config-server"), s.enters("app")
		app.do("hold")
		for _, sig := range forwardable() {
			s.signal(sig)
			name := unix.SignalName(sig)
			if name == "" {
				name = "SIG" + strconv.Itoa(int(sig))
			}
			app.hears(name)
		}
		app.tell("exit", "0")
		config.hears("SIGTERM") // and nothing before
		g.Expect(s.exits()).To(BeZero())
	})

	everywhere(t, when, it, "stops and continues the app", func(on *setting) {
		s := on.start(t, web(sidecar("config-server")))
		config, app := s.enters("config-server"), s.enters("app")
		app.do("default", "SIGTSTP")
		s.signal(unix.SIGTSTP)
		g.Eventually(state).WithArguments(app.pid).WithTimeout(patience).Should(Equal("T"))
		config.do("ping")
		s.signal(unix.SIGCONT)
		app.hears("SIGCONT")
		app.tell("exit", "4")
		g.Expect(s.exits()).To(Equal(4))
	})

	it("ends an app that is stopped", func() {
		s := plain.start(t, web(sidecar("config-server")), budget("0.5"))
		app := s.enters("app")
		app.kill(unix.SIGSTOP)
		s.signal(unix.SIGTERM)
		g.Expect(s.exits()).To(Equal(137))
	})
}
