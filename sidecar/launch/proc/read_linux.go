package proc

import (
	"errors"
	"io/fs"
	"sync"

	"golang.org/x/sys/unix"
)

// Read reads a file that the kernel makes, of /proc or of a control group. Unlike package os it doesn't ask first whether one can wait for
// the file, which takes longer than to read it.
func Read(name string) ([]byte, error) {
	f, err := open(name, unix.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer f.close()
	text := make([]byte, 0, 1024)
	for {
		n, err := unix.Read(f.fd, text[len(text):cap(text)])
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return nil, &fs.PathError{Op: "read", Path: name, Err: err}
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
	mu     sync.Mutex // held while it is lent
	wanted bool
	fd     int // -1: it isn't there
}

// KeepSpare has one file descriptor kept, by which processes can be looked at where all others are in use.
func KeepSpare() {
	spare.mu.Lock()
	defer spare.mu.Unlock()
	spare.wanted = true
	takeSpare()
}

// takeSpare is called with the lock held.
func takeSpare() { spare.fd, _ = unix.Open("/", unix.O_PATH|unix.O_CLOEXEC, 0) }

// file is an open one, which is closed as soon as it was read.
type file struct {
	fd   int
	lent bool // the spare descriptor was given for it
}

// open opens a file, in the spare descriptor's place if it has to.
func open(name string, flags int) (f file, err error) {
	if f.fd, err = tryOpen(name, flags); errors.Is(err, unix.EMFILE) {
		f, err = openInstead(name, flags)
	}
	if err != nil {
		return file{}, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return f, nil
}

func openInstead(name string, flags int) (file, error) {
	spare.mu.Lock()
	if !spare.wanted {
		spare.mu.Unlock()
		return file{}, unix.EMFILE
	}
	_ = unix.Close(spare.fd)
	fd, err := tryOpen(name, flags)
	if err != nil {
		takeSpare()
		spare.mu.Unlock()
		return file{}, err
	}
	return file{fd, true}, nil
}

func tryOpen(name string, flags int) (fd int, err error) {
	for err = unix.EINTR; err == unix.EINTR; {
		fd, err = unix.Open(name, flags|unix.O_CLOEXEC, 0)
	}
	return fd, err
}

func (f file) close() {
	_ = unix.Close(f.fd)
	if f.lent {
		takeSpare()
		spare.mu.Unlock()
	}
}
