package supervise

import (
	"os"
	"os/signal"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/proc"
)

// foreground is the process group that standard input's terminal serves, and an error where that is no terminal of ours.
func foreground() (int, error) { return unix.IoctlGetInt(0, unix.TIOCGPGRP) }

func hasTerminal() bool {
	_, err := foreground()
	return err == nil
}

// inForeground tells whether that is our own, so that the app has to be put there.
func inForeground() bool {
	group, err := foreground()
	return err == nil && group == unix.Getpgrp()
}

// putForeground gives the terminal to a process group.
func putForeground(group int) { _ = unix.IoctlSetPointerInt(0, unix.TIOCSPGRP, group) }

// followStop does what is expected of a job when the app was stopped: we stop as well, and the app goes on when we do. Where nobody could
// let us go on, ctrl-Z has no effect, as in every orphaned process group.
func (r *Supervisor) followStop() {
	pid := r.children[len(r.children)-1].pid
	if pid == 0 {
		return
	}
	group, _ := foreground()
	switch sig := stoppedBy(pid); {
	case sig == 0:
		return
	case (sig == unix.SIGTTIN || sig == unix.SIGTTOU) && (group == unix.Getpgrp() || group == pid):
		// The terminal was given to us since it was last in the foreground, or to it meanwhile.
	case jobControlled():
		r.drop(unix.SIGCONT) // by which we shall go on. Any thread may hear it, and late: passed on then, it would undo the next ctrl-Z
		_ = unix.Kill(os.Getpid(), unix.SIGSTOP)
	case sig != unix.SIGTSTP:
		return
	}
	if inForeground() {
		putForeground(pid)
	}
	_ = unix.Kill(-pid, unix.SIGCONT)
}

// stoppedBy is the signal by which a child has been stopped since this was last asked, or 0.
func stoppedBy(pid int) unix.Signal {
	var info siginfo
	_, _, errno := unix.Syscall6(unix.SYS_WAITID, unix.P_PID, uintptr(pid), uintptr(unsafe.Pointer(&info)),
		unix.WSTOPPED|unix.WNOHANG, 0, 0)
	if errno != 0 || int(info.pid) != pid {
		return 0
	}
	return unix.Signal(info.status)
}

// jobControlled tells whether there is a shell that would let us go on: whether the first process above us that isn't of our process
// group is of our session.
func jobControlled() bool {
	session, _ := unix.Getsid(0)
	for pid, alive := os.Getppid(), true; alive && pid > 0; pid, alive = proc.Parent(pid) {
		if group, err := unix.Getpgid(pid); err != nil || group != unix.Getpgrp() {
			theirs, err := unix.Getsid(pid)
			return err == nil && theirs == session
		}
	}
	return false
}

// returnTerminal takes the terminal back when nobody is left in its foreground, for whoever started us.
func (r *Supervisor) returnTerminal() {
	group, err := foreground()
	if !r.terminal || err != nil || unix.Kill(-group, 0) != unix.ESRCH {
		return
	}
	signal.Ignore(unix.SIGTTOU) // it would stop us, who are in the background
	putForeground(unix.Getpgrp())
}
