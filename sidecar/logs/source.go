package logs

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

const (
	readSize  = 64 << 10  // bytes that one read takes at most
	pipeSize  = 256 << 10 // bytes that a process can be ahead of us: it goes on writing while we do
	busyBytes = 1 << 20   // a source that has so many within busyTime is busy
	busyTime  = time.Second
)

// source is one output of one process. It begins without a thread or a buffer of its own, and gets both when it is busy, since
// waiting in read(2) is a fifth quicker than being polled where each line is a write.
type source struct {
	from *os.File
	lines
	since  time.Time // when the first of recent was read
	recent int       // bytes
}

// pipe is what os.Pipe is, but the end that a process gets blocks.
func pipe() (read, write *os.File, err error) {
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil {
		return nil, nil, os.NewSyscallError("pipe2", err)
	}
	_, _ = unix.FcntlInt(uintptr(ends[0]), unix.F_SETPIPE_SZ, pipeSize) // refused where a user's quota is used up; then it is only slower
	_ = unix.SetNonblock(ends[0], true)
	read, write = os.NewFile(uintptr(ends[0]), "|0"), os.NewFile(uintptr(ends[1]), "|1")
	if err := read.SetReadDeadline(time.Time{}); err != nil { // the runtime couldn't have it polled
		read.Close()
		write.Close()
		return nil, nil, err
	}
	return read, write, nil
}

// copy passes everything on until nobody has the pipe open for writing.
func (s *source) copy() {
	if ended := s.copyPolled(); !ended {
		s.copyBlocking()
	}
	s.finish()
	s.from.Close()
}

// copyPolled returns at the end, or when s is busy.
func (s *source) copyPolled() (ended bool) {
	conn, err := s.from.SyscallConn()
	if err != nil {
		return true
	}
	busy := false
	_ = conn.Read(func(fd uintptr) (done bool) {
		for !ended && !busy {
			n, err := s.passNext(int(fd))
			if errors.Is(err, unix.EAGAIN) {
				s.release()
				return false
			}
			if !errors.Is(err, unix.EINTR) {
				ended, busy = n <= 0, s.isBusy(n)
			}
		}
		return true
	})
	return !busy
}

// isBusy counts n more bytes.
func (s *source) isBusy(n int) bool {
	if s.recent += n; s.recent < busyBytes {
		return false
	}
	now := time.Now()
	busy := now.Sub(s.since) < busyTime
	s.since, s.recent = now, 0
	return busy
}

// passNext passes on what one read brings. It reads into the destination's buffer, so it must not wait.
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

// copyBlocking returns at the end.
func (s *source) copyBlocking() {
	fd := int(s.from.Fd())
	_ = unix.SetNonblock(fd, false)
	if own, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0); err == nil {
		s.from.Close() // or the runtime would go on polling it: each write would wake that too
		defer unix.Close(own)
		fd = own
	}
	in := make([]byte, readSize)
	for {
		n, err := unix.Read(fd, in)
		switch {
		case errors.Is(err, unix.EINTR):
		case n <= 0:
			return
		default:
			s.pass(in[:n])
		}
	}
}
