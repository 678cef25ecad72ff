package launch

import (
	"errors"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/supervise"
)

// PreStop waits, and then carries out a command, if there is one, where no supervisor does it. The command's group is killed where the
// command has not ended in time.
func PreStop(delay, timeout time.Duration, command []string) error {
	time.Sleep(delay)
	if len(command) == 0 {
		return nil
	}
	path, err := supervise.LookPath(command[0], "", os.Environ())
	if err != nil {
		return err
	}
	attr := &syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{0, 1, 2}, Sys: &syscall.SysProcAttr{Setpgid: true}}
	pid, err := syscall.ForkExec(path, command, attr)
	if err != nil {
		return &os.PathError{Op: "exec", Path: path, Err: err}
	}
	ended := make(chan unix.WaitStatus, 1)
	go func() {
		var status unix.WaitStatus
		_, _ = unix.Wait4(pid, &status, 0, nil)
		ended <- status
	}()
	select {
	case status := <-ended:
		return failureOf(command[0], status)
	case <-time.After(timeout):
		_ = unix.Kill(-pid, unix.SIGKILL)
		return errors.New(command[0] + ": no end within " + timeout.String())
	}
}

// failureOf returns what went wrong with a command: its exit status, or 128 + the signal that ended it.
func failureOf(command string, status unix.WaitStatus) error {
	code := status.ExitStatus()
	if status.Signaled() {
		code = 128 + int(status.Signal())
	}
	if code == 0 {
		return nil
	}
	return errors.New(command + ": status " + strconv.Itoa(code))
}
