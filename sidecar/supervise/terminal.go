package supervise

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// inForeground tells whether standard input is a terminal in whose foreground we are, so that the app has to be put there.
func inForeground() bool {
	group, err := unix.IoctlGetInt(0, unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// followStop does what a shell expects of a job: when the app was stopped at the terminal, by ctrl-Z, we stop as well, and the app goes
// on when we do. As PID 1 we can't be stopped, and nobody is there to let us go on.
func (r *runner) followStop() {
	pid := r.children[len(r.children)-1].pid
	if pid == 0 || os.Getpid() == 1 || !stopped(pid) {
		return
	}
	_ = unix.Kill(os.Getpid(), unix.SIGSTOP)
	if inForeground() {
		putForeground(pid)
	}
	_ = unix.Kill(-pid, unix.SIGCONT)
}

// stopped tells whether a child has been stopped since this was last asked.
func stopped(pid int) bool {
	var info siginfo
	_, _, errno := unix.Syscall6(unix.SYS_WAITID, unix.P_PID, uintptr(pid), uintptr(unsafe.Pointer(&info)),
		unix.WSTOPPED|unix.WNOHANG, 0, 0)
	return errno == 0 && int(info.pid) == pid
}

// putForeground gives the terminal to a process group.
func putForeground(group int) { _ = unix.IoctlSetPointerInt(0, unix.TIOCSPGRP, group) }
