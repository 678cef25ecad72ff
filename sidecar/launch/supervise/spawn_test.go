package supervise

import (
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestFewDescriptorsAreOurOwnWant has all numbers up to the limit in use but some low ones. Go moves those above the rest.
func TestFewDescriptorsAreOurOwnWant(t *testing.T) {
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	const highest = 100
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	high, err := unix.FcntlInt(null.Fd(), unix.F_DUPFD_CLOEXEC, highest)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(high)
	if err := unix.Prlimit(0, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(high + 1), Max: before.Max}, nil); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Prlimit(0, unix.RLIMIT_NOFILE, &before, nil) }()
	files := []uintptr{uintptr(high), uintptr(high), uintptr(high)}
	_, err = fork([]string{"/bin/true"}, &syscall.ProcAttr{Files: files, Sys: &syscall.SysProcAttr{}})
	if !isOwnWant(err) {
		t.Errorf("the error is %v, which is not taken for a want of our own", err)
	}
}
