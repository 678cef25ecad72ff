package main

import (
	"os"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// hold waits until process PID starts a child, and holds that before its first step. It answers with the child's PID.
func hold(args []string) (string, error) {
	parent, err := strconv.Atoi(args[0])
	if err != nil {
		return "", err
	}
	runtime.LockOSThread() // one thread alone can let go what it holds (ptrace(2))
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_SEIZE, uintptr(parent), 0, unix.PTRACE_O_TRACEVFORK, 0, 0)
	if errno != 0 {
		return "", os.NewSyscallError("PTRACE_SEIZE", errno)
	}
	for {
		var status unix.WaitStatus
		if _, err := unix.Wait4(parent, &status, unix.WALL, nil); err != nil {
			return "", os.NewSyscallError("wait4", err)
		}
		if status.TrapCause() == unix.PTRACE_EVENT_VFORK {
			break
		}
		if err := unix.PtraceCont(parent, int(status.StopSignal())); err != nil {
			return "", os.NewSyscallError("PTRACE_CONT", err)
		}
	}
	newborn, err := unix.PtraceGetEventMsg(parent)
	if err != nil {
		return "", os.NewSyscallError("PTRACE_GETEVENTMSG", err)
	}
	if _, err := unix.Wait4(int(newborn), nil, unix.WALL, nil); err != nil {
		return "", os.NewSyscallError("wait4", err)
	}
	return strconv.Itoa(int(newborn)), os.NewSyscallError("PTRACE_DETACH", unix.PtraceDetach(parent))
}

// stop lets go of process PID, which hold has held, and leaves it stopped by SIGSTOP.
func stop(args []string) (string, error) {
	pid, err := strconv.Atoi(args[0])
	if err != nil {
		return "", err
	}
	if err := unix.Kill(pid, unix.SIGSTOP); err != nil {
		return "", err
	}
	return "", os.NewSyscallError("PTRACE_DETACH", unix.PtraceDetach(pid))
}

// bury waits for the end of process PID, which hold has held. Until then it is a zombie, and its PID namespace can't end.
func bury(args []string) (string, error) {
	pid, err := strconv.Atoi(args[0])
	if err != nil {
		return "", err
	}
	_, err = unix.Wait4(pid, nil, unix.WALL, nil)
	return "", os.NewSyscallError("wait4", err)
}
