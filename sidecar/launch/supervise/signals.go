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
	heard  chan struct{} // closed once SIGTERM is heard

	inherited []int // descriptors above 2 that we were started with
}

// own are the signals that the kernel sends us for what we do ourselves, or are Go's, or are heard apart. SIGXFSZ comes when our output is
// a file that has reached its limit. Those of faults, such as SIGSEGV, are passed on: a fault of our own doesn't come this way.
var own = []syscall.Signal{
	unix.SIGCHLD, unix.SIGURG, unix.SIGPIPE, unix.SIGTERM,
	unix.SIGXCPU, unix.SIGXFSZ, unix.SIGKILL, unix.SIGSTOP, unix.SIGTTIN, unix.SIGTTOU,
	32, 33, 34, // the C library's
}

// firstRealTime is the first of the real-time signals, and lastSignal the last of all (signal(7)).
const (
	firstRealTime = 35
	lastSignal    = 64
)

// Hear begins to hear SIGTERM and SIGCHLD while its caller prepares the rest: each signal costs two hand-overs between threads. Without a
// file descriptor it is an error.
func Hear() (*Signals, error) {
	s := &Signals{
		deaths: make(chan os.Signal, 1),
		terms:  make(chan os.Signal, 2), // a third says nothing new
		others: make(chan os.Signal, 64),
		heard:  make(chan struct{}),

		inherited: takeInherited(), // before we open any
	}
	var err error
	if s.bell, err = newBell(); err != nil {
		return nil, err
	}
	go func() {
		hear(s.terms, unix.SIGTERM)
		close(s.heard)
		signal.Notify(s.deaths, unix.SIGCHLD)
		select {
		case s.deaths <- unix.SIGCHLD: // of who has ended before
		default:
		}
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

// hearOthers hears those of some other signals that can be passed on. The app may be sent any of them as soon as it runs, and until then
// they would only keep it from running.
func (s *Signals) hearOthers(first, last syscall.Signal) {
	for sig := first; sig <= last; sig++ {
		if !slices.Contains(own, sig) {
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
