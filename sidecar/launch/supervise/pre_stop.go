package supervise

import (
	"errors"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// PreStop waits, and then carries out a command, if there is one, where no supervisor runs. The command is killed with all below it where
// it has not ended in time.
func PreStop(delay, timeout time.Duration, command []string) error {
	time.Sleep(delay)
	if len(command) == 0 {
		return nil
	}
	pid, err := fork(command, &syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{0, 1, 2}, Sys: &syscall.SysProcAttr{}})
	if err != nil {
		return err
	}
	ended := make(chan int, 1)
	go func() {
		var ws unix.WaitStatus
		_, _ = unix.Wait4(pid, &ws, 0, nil)
		ended <- exitStatus(ws)
	}()
	select {
	case code := <-ended:
		if code == 0 {
			return nil
		}
		return errors.New(command[0] + ": status " + strconv.Itoa(code))
	case <-time.After(timeout):
		killAll(pid)
		return late(command[0], timeout)
	}
}
