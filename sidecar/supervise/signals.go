package supervise

import (
	"os"
	"os/signal"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// Signals are those that the supervisor has been sent since Hear.
type Signals struct {
	deaths chan os.Signal // SIGCHLD
	terms  chan os.Signal // SIGTERM alone: what comes faster than it can be passed on is lost, and this must not be
	others chan os.Signal
	heard  chan struct{} // closed once the early signals are heard
}

// own are the signals that speak of faults of our own, or are Go's, or are heard apart.
var own = []syscall.Signal{
	unix.SIGCHLD, unix.SIGURG, unix.SIGPIPE, unix.SIGTERM,
	unix.SIGILL, unix.SIGTRAP, unix.SIGABRT, unix.SIGBUS, unix.SIGFPE, unix.SIGSEGV, unix.SIGSYS,
	unix.SIGKILL, unix.SIGSTOP, unix.SIGTTIN, unix.SIGTTOU,
	32, 33, 34, // the C library's
}

// early are those that platforms and people send at any moment, the first included, and those that Go, or the kernel, ends or stops us by.
var early = []syscall.Signal{
	unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGUSR1, unix.SIGUSR2, unix.SIGSTKFLT, unix.SIGTSTP,
}

// Hear begins to hear all signals that can be passed on. Each costs two hand-overs between threads, which adds up to a fifth of the
// start: so it goes on while its caller prepares the rest, and only the early ones hold up the first process.
func Hear() *Signals {
	s := &Signals{
		deaths: make(chan os.Signal, 1),
		terms:  make(chan os.Signal, 2), // a third says nothing new
		others: make(chan os.Signal, 64),
		heard:  make(chan struct{}),
	}
	go func() {
		signal.Notify(s.deaths, unix.SIGCHLD)
		hear(s.terms, unix.SIGTERM)
		for _, sig := range early {
			hear(s.others, sig)
		}
		close(s.heard)
		for sig := syscall.Signal(1); sig <= 64; sig++ {
			if !slices.Contains(own, sig) && !slices.Contains(early, sig) {
				hear(s.others, sig)
			}
		}
	}()
	return s
}

// hear leaves a signal ignored that was when we were started, as nohup does it.
func hear(c chan<- os.Signal, sig syscall.Signal) {
	if !signal.Ignored(sig) {
		signal.Notify(c, sig)
	}
}
