// Package signals counts the signals that the process is sent, in the handler itself. With os/signal each signal takes two hand-overs
// between threads before it is heard, and all of them take longer than it takes to start an app.
package signals

import (
	"os"
	"runtime"
	"slices"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Last is the greatest number of a signal (signal(7)).
const Last = 64

// What the handler uses.
var (
	counts   [Last + 1]uint32
	doorbell int32   // an eventfd(2)
	pid      int32   // ours: until it executes its program, a child has our memory and may have our handlers
	next     uintptr // the runtime's handler, for faults of our own
)

// onSignal is the handler. It runs on whatever thread, and at whatever moment, so that it knows nothing of Go: it adds to counts and rings
// the doorbell. The kernel's own SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV and SIGSYS go on to the runtime.
func onSignal()

// handler returns the address of onSignal.
func handler() uintptr

// action is the kernel's struct sigaction (rt_sigaction(2)).
type action struct {
	handler  uintptr
	flags    uint64
	restorer uintptr
	mask     uint64
}

// ignored is SIG_IGN.
const ignored = 1

// Hear has all signals but some counted from now on, and fd, an eventfd(2), rung for each. Of those that were ignored when the process was
// started, as nohup does it, it leaves those so that Go's runtime has: SIGHUP, SIGINT and those of job control. A further call changes what
// is rung.
func Hear(fd int, but []syscall.Signal) error {
	ours, err := act(unix.SIGSEGV, nil) // which the runtime always handles, on a stack of its own
	if err != nil {
		return err
	}
	doorbell, pid = int32(fd), int32(unix.Getpid())
	if ours.handler != handler() {
		next, ours.handler = ours.handler, handler()
	}
	for sig := syscall.Signal(1); sig <= Last; sig++ {
		if slices.Contains(but, sig) {
			continue
		}
		before, err := act(sig, nil)
		if err == nil && before.handler != ignored {
			_, err = act(sig, &ours)
		}
		if err != nil {
			return err
		}
	}
	hearBlocked(but)
	return nil
}

// hearBlocked has a thread for the signals that whoever started the process has blocked. The others leave them so, for the children, who
// inherit it.
func hearBlocked(but []syscall.Signal) {
	var blocked unix.Sigset_t
	if unix.PthreadSigmask(unix.SIG_BLOCK, nil, &blocked) != nil || blocked == (unix.Sigset_t{}) {
		return
	}
	var kept uint64
	for _, sig := range but {
		kept |= 1 << (sig - 1)
	}
	blocked.Val[0] &= kept
	go func() {
		runtime.LockOSThread()
		_ = unix.PthreadSigmask(unix.SIG_SETMASK, &blocked, nil)
		select {}
	}()
}

// Count returns how often a signal has come.
func Count(sig syscall.Signal) uint32 { return atomic.LoadUint32(&counts[sig]) }

// act sets what is done on a signal, unless it is nil, and returns what was done before.
func act(sig syscall.Signal, do *action) (before action, err error) {
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(do)), uintptr(unsafe.Pointer(&before)),
		unsafe.Sizeof(before.mask), 0, 0)
	if errno != 0 {
		return before, os.NewSyscallError("rt_sigaction", errno)
	}
	return before, nil
}
