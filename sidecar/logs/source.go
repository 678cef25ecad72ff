package logs

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

const (
	readSize = 64 << 10  // bytes that one read takes at most
	pipeSize = 256 << 10 // bytes that a process can be ahead of us: it goes on writing while we do
)

// source is one output of one process.
type source struct {
	from *os.File
	lines
}

// pipe is what os.Pipe is, but the end that a process gets blocks.
func pipe() (read, write *os.File, err error) {
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil {
		return nil, nil, os.NewSyscallError("pipe2", err)
	}
	unix.FcntlInt(uintptr(ends[0]), unix.F_SETPIPE_SZ, pipeSize) // refused where a user's quota is used up; then it is only slower
	unix.SetNonblock(ends[0], true)
	read, write = os.NewFile(uintptr(ends[0]), "|0"), os.NewFile(uintptr(ends[1]), "|1")
	if err := read.SetReadDeadline(time.Time{}); err != nil { // the runtime couldn't have it polled
		read.Close()
		write.Close()
		return nil, nil, err
	}
	return read, write, nil
}

// copy passes everything on until nobody has the pipe open for writing. It holds no thread and no buffer while it waits.
func (s *source) copy() {
	defer s.from.Close()
	if conn, err := s.from.SyscallConn(); err == nil {
		conn.Read(s.passAvailable)
	}
	s.finish()
}

// passAvailable reports whether the end was reached; if not, there is nothing to read for now.
func (s *source) passAvailable(fd uintptr) (ended bool) {
	for {
		switch n, err := s.passNext(int(fd)); {
		case err == unix.EAGAIN:
			s.release()
			return false
		case err == unix.EINTR:
		case n <= 0:
			return true
		}
	}
}

func (s *source) passNext(fd int) (int, error) {
	s.to.mu.Lock()
	defer s.to.mu.Unlock()
	if s.to.in == nil {
		s.to.in = make([]byte, readSize)
	}
	n, err := unix.Read(fd, s.to.in)
	if n > 0 {
		s.feed(s.to.in[:n])
		s.flush()
	}
	return n, err
}
