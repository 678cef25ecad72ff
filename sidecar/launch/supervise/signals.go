package supervise

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/signals"
)

// Signals are those that the supervisor has been sent since Hear.
type Signals struct {
	sent *os.File // an eventfd(2) that is rung by each
	bell bell     // that the main goroutine is woken by

	inherited []int // descriptors above 2 that we were started with
}

// own returns the signals that the kernel sends us for what we do ourselves, or are Go's, or can't be heard. SIGXFSZ comes when our output
// is a file that has reached its limit.
func own() []syscall.Signal {
	own := []syscall.Signal{
		unix.SIGURG, unix.SIGPIPE, unix.SIGXCPU, unix.SIGXFSZ, unix.SIGKILL, unix.SIGSTOP,
		33, // the runtime's, by which all threads change their user
	}
	if fd, err := unix.Open("/dev/tty", unix.O_RDONLY|unix.O_NOCTTY|unix.O_CLOEXEC, 0); err == nil {
		_ = unix.Close(fd)
		own = append(own, unix.SIGTTIN, unix.SIGTTOU) // a terminal's, for all in its background
	}
	return own
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
	if err := s.sent.SetReadDeadline(time.Time{}); err != nil { // the runtime couldn't have it polled
		return nil, err
	}
	return s, signals.Hear(fd, own())
}

// hearSignals wakes the main goroutine for each signal. SIGTERM begins a stop even where that hears nothing.
func (r *Supervisor) hearSignals() {
	for ring := make([]byte, 8); ; {
		_, _ = r.launch.Signals.sent.Read(ring)
		if signals.Count(unix.SIGTERM) > 0 {
			r.armGuard(r.launch.Budget)
		}
		r.agenda.bell.ring()
	}
}

const (
	mostAtOnce = 64   // of a signal are passed on in one turn
	mostKept   = 1000 // of a signal are kept for further turns
)

// sent takes some of a signal that has come, and has the main goroutine come back for the rest. It returns how many it took.
func (r *Supervisor) sent(sig syscall.Signal) (times int) {
	all := signals.Count(sig)
	left := min(int32(all-r.counted[sig]), mostKept)
	if left <= 0 {
		return 0
	}
	if left > mostAtOnce {
		r.agenda.bell.ring()
	}
	took := min(left, mostAtOnce)
	r.counted[sig] = all - uint32(left-took)
	return int(took)
}

// drop takes of a signal all that have come and one that is yet to come.
func (r *Supervisor) drop(sig syscall.Signal) {
	if all := signals.Count(sig); int32(all-r.counted[sig]) > 0 {
		r.counted[sig] = all
	}
	r.counted[sig]++
}

// someoneEnded reports whether a child may have ended since that was last asked.
func (r *Supervisor) someoneEnded() bool {
	all := signals.Count(unix.SIGCHLD)
	before := r.counted[unix.SIGCHLD]
	r.counted[unix.SIGCHLD] = all
	return all != before
}
