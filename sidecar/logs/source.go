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

// copy passes everything on until nobody has the pipe open for writing. It begins without a thread and without a buffer of its
// own, and gets both when there is much to do.
func (s *source) copy() {
	if busy := s.copyPolled(); busy {
		s.copyBlocking()
	}
	s.finish()
	s.from.Close()
}

// copyPolled ends when everything is passed on, or when there is so much that s is busy.
func (s *source) copyPolled() (busy bool) {
	conn, err := s.from.SyscallConn()
	if err != nil {
		return false
	}
	var window time.Time // when the bytes began that are counted
	count := 0
	conn.Read(func(fd uintptr) (done bool) {
		for {
			n, err := s.passNext(int(fd))
			switch {
			case err == unix.EAGAIN:
				s.release()
				return false
			case err == unix.EINTR:
				continue
			case n <= 0:
				return true
			}
			if count += n; count > 1<<20 {
				now := time.Now()
				if now.Sub(window) < time.Second {
					busy = true
					return true
				}
				window, count = now, 0
			}
		}
	})
	return busy
}

func (s *source) copyBlocking() {
	fd, err := unix.FcntlInt(s.from.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	s.from.Close()
	unix.SetNonblock(fd, false)
	in := make([]byte, readSize)
	for {
		n, err := unix.Read(fd, in)
		switch {
		case err == unix.EINTR:
		case n <= 0:
			return
		default:
			s.pass(in[:n])
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
