package logs

import (
	"errors"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

const (
	readSize  = 64 << 10  // bytes that one read takes at most
	pipeSize  = 256 << 10 // bytes that a process can be ahead of us: it goes on writing while we do
	busyBytes = 1 << 20   // a source that has so many within busyTime is busy
	busyTime  = time.Second
	lineTime  = time.Second // what an unfinished line gets before it is shown as it is
)

// source is one output of one process. It begins without a thread or a buffer of its own, and gets both when it is the first to be busy,
// since waiting in read(2) is a fifth quicker than being polled where each line is a write. There is one such thread: the runtime aborts
// where it wants more and there are no PIDs.
type source struct {
	from    *os.File
	busiest *atomic.Bool
	passed  *passed
	lines
	limited bool      // a read has a deadline
	since   time.Time // when the first of recent was read
	recent  int       // bytes
}

// passed tells when all streams of a process have ended.
type passed struct {
	streams atomic.Int32
	all     chan struct{}
}

func (p *passed) end() {
	if p.streams.Add(-1) == 0 {
		close(p.all)
	}
}

// pipe is what os.Pipe is, but the end that a process gets blocks.
func pipe() (read, write *os.File, err error) {
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil {
		return nil, nil, os.NewSyscallError("pipe2", err)
	}
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
		s.busiest.Store(false)
	}
	s.finish()
	s.from.Close()
}

// copyPolled returns at the end, or when s is busy and may have the thread.
func (s *source) copyPolled() (ended bool) {
	conn, err := s.from.SyscallConn()
	if err != nil {
		return true
	}
	_ = conn.Control(func(fd uintptr) { // only now, since it takes time that a start has not
		_, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, pipeSize) // refused where a user's quota is used up; then it is only slower
	})
	for {
		busy := false
		err := conn.Read(func(fd uintptr) (done bool) {
			for !ended && !busy {
				n, err := s.passNext(int(fd))
				if errors.Is(err, unix.EAGAIN) {
					s.release()
					s.limitWait()
					return false
				}
				if !errors.Is(err, unix.EINTR) {
					ended = n <= 0
					busy = !ended && s.isBusy(n) && s.busiest.CompareAndSwap(false, true)
				}
			}
			return true
		})
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return !busy
		}
		s.show()
		s.limitWait()
	}
}

// limitWait has the wait for more end after a while where there is an unfinished line to show.
func (s *source) limitWait() {
	if limited := len(s.tail) > 0; limited || s.limited {
		s.limited = limited
		deadline := time.Time{}
		if limited {
			deadline = time.Now().Add(lineTime)
		}
		_ = s.from.SetReadDeadline(deadline)
	}
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
		if len(s.tail) > 0 && !readable(fd, lineTime) {
			s.show()
		}
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

// readable waits at most d and reports whether there is something to read, or the end.
func readable(fd int, d time.Duration) bool {
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(d.Milliseconds()))
	return n > 0 || err != nil
}
