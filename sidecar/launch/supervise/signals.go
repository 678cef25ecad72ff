package supervise

import (
	"os"
	"os/signal"
	"slices"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// Signals are those that the supervisor has been sent since Hear.
type Signals struct {
	deaths chan os.Signal // SIGCHLD
	terms  chan os.Signal // SIGTERM alone: what comes faster than it can be passed on is lost, and this must not be
	others chan os.Signal
	bell   bell          // that the main goroutine is woken by
	ends   chan struct{} // closed once SIGCHLD and SIGTERM are heard
	heard  chan struct{} // closed once the early signals are heard too

	inherited []int // descriptors above 2 that we were started with
}

// own are the signals that the kernel sends us for what we do ourselves, or are Go's, or are heard apart. SIGXFSZ comes when our output is
// a file that has reached its limit. Those of faults, such as SIGSEGV, are passed on: a fault of our own doesn't come this way.
var own = []syscall.Signal{
	unix.SIGCHLD, unix.SIGURG, unix.SIGPIPE, unix.SIGTERM,
	unix.SIGXCPU, unix.SIGXFSZ, unix.SIGKILL, unix.SIGSTOP, unix.SIGTTIN, unix.SIGTTOU,
	32, 33, 34, // the C library's
}

// early are those that platforms and people send at any moment, the first included, and those that Go, or the kernel, ends or stops us by.
var early = []syscall.Signal{
	unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGUSR1, unix.SIGUSR2, unix.SIGSTKFLT, unix.SIGTSTP,
	unix.SIGILL, unix.SIGTRAP, unix.SIGABRT, unix.SIGBUS, unix.SIGFPE, unix.SIGSEGV, unix.SIGSYS,
}

// Hear begins to hear the early signals. Each costs two hand-overs between threads, which adds up: so it goes on while its caller prepares
// the rest and while the first sidecar is started, which waits for SIGCHLD and SIGTERM only. Without a file descriptor it is an error.
func Hear() (*Signals, error) {
	s := &Signals{
		deaths: make(chan os.Signal, 1),
		terms:  make(chan os.Signal, 2), // a third says nothing new
		others: make(chan os.Signal, 64),
		ends:   make(chan struct{}),
		heard:  make(chan struct{}),

		inherited: takeInherited(), // before we open any
	}
	var err error
	if s.bell, err = newBell(); err != nil {
		return nil, err
	}
	go func() {
		signal.Notify(s.deaths, unix.SIGCHLD)
		hear(s.terms, unix.SIGTERM)
		close(s.ends)
		for _, sig := range early {
			hear(s.others, sig)
		}
		close(s.heard)
	}()
	return s, nil
}

// came are the signals that have come for the main goroutine.
type came struct {
	deaths atomic.Bool
	terms  atomic.Int32
	others chan syscall.Signal
}

// hearSignals passes signals on to the main goroutine. SIGTERM begins a stop even where that hears nothing, so nothing here waits for it.
func (r *Supervisor) hearSignals() {
	s := r.launch.Signals
	for {
		select {
		case <-s.terms:
			r.hearTerm()
		case <-s.deaths:
			select {
			case <-s.terms: // which has come before
				r.hearTerm()
			default:
			}
			r.came.deaths.Store(true)
			r.agenda.bell.ring()
		case sig := <-s.others:
			select {
			case r.came.others <- sig.(syscall.Signal):
				r.agenda.bell.ring()
			default: // it has enough of them
			}
		}
	}
}

func (r *Supervisor) hearTerm() {
	r.came.terms.Add(1)
	r.agenda.bell.ring()
	r.armGuard(r.launch.Budget)
}

// hearAll hears all other signals that can be passed on too. They are two thirds of them, and all of it would be a tenth of the start.
func (s *Signals) hearAll() {
	for sig := syscall.Signal(1); sig <= 64; sig++ {
		if !slices.Contains(own, sig) && !slices.Contains(early, sig) {
			hear(s.others, sig)
		}
	}
}

// hear leaves a signal ignored that was when we were started, as nohup does it.
func hear(c chan<- os.Signal, sig syscall.Signal) {
	if !signal.Ignored(sig) {
		signal.Notify(c, sig)
	}
}
