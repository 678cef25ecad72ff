package main

import (
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// burdened becomes the command as a careless parent would: with all signals blocked, and a child that has ended and is not awaited.
func burdened(argv []string) error {
	runtime.LockOSThread()
	ended := exec.Command("true")
	if err := ended.Start(); err != nil {
		return err
	}
	if err := unix.Waitid(unix.P_PID, ended.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil); err != nil {
		return os.NewSyscallError("waitid", err)
	}
	all := unix.Sigset_t{Val: [16]uint64{^uint64(0)}}
	if err := unix.PthreadSigmask(unix.SIG_BLOCK, &all, nil); err != nil {
		return os.NewSyscallError("sigprocmask", err)
	}
	return &os.PathError{Op: "exec", Path: argv[0], Err: syscall.Exec(argv[0], argv, os.Environ())}
}
