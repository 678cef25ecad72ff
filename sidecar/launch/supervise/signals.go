package supervise

import (
	"os"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/signals"
)

// Signals are those that the supervisor has been sent since Hear.
type Signals struct {
	sent *os.File // an eventfd(2) that is rung by each
	bell bell     // that the main goroutine is woken by

	inherited []int // descriptors above 2 that we were started with
}

// own are the signals that the kernel sends us for what we do ourselves, or are Go's, or can't be heard. SIGXFSZ comes when our output is a
// file that has reached its limit.
var own = []syscall.Signal{
	unix.SIGURG, unix.SIGPIPE, unix.SIGXCPU, unix.SIGXFSZ, unix.SIGKILL, unix.SIGSTOP, unix.SIGTTIN, unix.SIGTTOU,
	32, 33, 34, // the C library's
}

// Hear hears all signals that can be passed on, SIGTERM and SIGCHLD from now on. Without a file descriptor it is an error.
func Hear() (*Signals, error) {
	s := &Signals{inherited: takeInherited()} // before we open any
	var err error
	if s.bell, err = newBell(); err != nil {
		return nil, err
	}
	fd, err := newEventfd()
	if err != nil {
		return nil, err
	}
	s.sent = os.NewFile(uintptr(fd), "eventfd")
	return s, signals.Hear(fd, own)
}

// came are the signals that have come for the main goroutine.
type came struct {
	deaths atomic.Bool
	terms  atomic.Int32
	others chan syscall.Signal
}

// hearSignals passes signals on to the main goroutine. SIGTERM begins a stop even where that hears nothing, so nothing here waits for it.
func (r *Supervisor) hearSignals() {
	var passed [signals.Last + 1]uint32
	ring := make([]byte, 8)
	for {
		_, _ = r.launch.Signals.sent.Read(ring)
		for sig := range passed {
			n := signals.Count(syscall.Signal(sig)) - passed[sig]
			passed[sig] += n
			if n > 0 {
				r.hear(syscall.Signal(sig), n)
			}
		}
		r.agenda.bell.ring()
	}
}

// hear has the main goroutine come to a signal that was sent n times.
func (r *Supervisor) hear(sig syscall.Signal, n uint32) {
	switch sig {
	case unix.SIGTERM:
		r.came.terms.Add(int32(n))
		r.armGuard(r.launch.Budget)
	case unix.SIGCHLD:
		r.came.deaths.Store(true)
	default:
		for ; n > 0; n-- {
			select {
			case r.came.others <- sig:
			default:
				return // it has enough of them
			}
		}
	}
}
