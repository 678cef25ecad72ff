package proc

import (
	"errors"
	"io/fs"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Read reads a file that the kernel makes, of /proc or of a control group. Unlike package os it doesn't ask first whether one can wait for
// the file, which takes longer than to read it.
func Read(file string) ([]byte, error) {
	fd, err := open(file, unix.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer release(fd)
	text := make([]byte, 0, 1024)
	for {
		n, err := unix.Read(fd, text[len(text):cap(text)])
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return nil, &fs.PathError{Op: "read", Path: file, Err: err}
		case n == 0:
			return text, nil
		}
		if text = text[:len(text)+n]; len(text) == cap(text) {
			text = append(make([]byte, 0, 4*cap(text)), text...)
		}
	}
}

// spare is a file descriptor that is kept for who has to look at processes though no other is left.
var spare struct {
	on   atomic.Bool
	mu   sync.Mutex   // held while it is lent
	kept atomic.Int64 // the descriptor, plus 1; 0: none
	lent atomic.Int64 // what was opened in its place, plus 1; 0: nothing
}

// KeepSpare has one file descriptor kept, by which processes can be looked at where all others are in use.
func KeepSpare() {
	spare.on.Store(true)
	if fd, err := unix.Open("/", unix.O_PATH|unix.O_CLOEXEC, 0); err == nil {
		spare.kept.Store(int64(fd) + 1)
	}
}

// open opens a file, in the spare descriptor's place if it has to. What it returns is released as soon as it was read.
func open(file string, flags int) (int, error) {
	fd, err := tryOpen(file, flags)
	if errors.Is(err, unix.EMFILE) && spare.on.Load() {
		fd, err = openInstead(file, flags)
	}
	if err != nil {
		return 0, &fs.PathError{Op: "open", Path: file, Err: err}
	}
	return fd, nil
}

func openInstead(file string, flags int) (int, error) {
	spare.mu.Lock()
	if kept := spare.kept.Swap(0); kept > 0 {
		_ = unix.Close(int(kept - 1))
	}
	fd, err := tryOpen(file, flags)
	if err != nil {
		KeepSpare()
		spare.mu.Unlock()
		return 0, err
	}
	spare.lent.Store(int64(fd) + 1)
	return fd, nil
}

func tryOpen(file string, flags int) (fd int, err error) {
	for err = unix.EINTR; err == unix.EINTR; {
		fd, err = unix.Open(file, flags|unix.O_CLOEXEC, 0)
	}
	return fd, err
}

// release closes what open returned.
func release(fd int) {
	lent := spare.lent.CompareAndSwap(int64(fd)+1, 0)
	_ = unix.Close(fd)
	if lent {
		KeepSpare()
		spare.mu.Unlock()
	}
}
