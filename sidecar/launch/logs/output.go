package logs

import (
	"slices"
	"sync"

	"golang.org/x/sys/unix"
)

const (
	pipeBuf   = 4096     // a write to a pipe of at most this many bytes is not mixed with others: PIPE_BUF in pipe(7)
	writeSize = 32 << 10 // half a pipe, so that its reader and we are busy at the same time
)

// output is a file descriptor to write to. Two that lead to the same place have one destination.
type output struct {
	*destination
	fd int
}

// destination is where an output leads. Its lock is held from reading a process's pipe until what was read is written, so that
// any number of streams make do with one pair of buffers.
type destination struct {
	mu      sync.Mutex
	limit   int // bytes that one write should not exceed
	in, out []byte
}

func newOutput(fd int, shared bool) output {
	limit := writeSize
	if shared && isOneOf(fd, unix.S_IFIFO, unix.S_IFSOCK) { // where one writer's bytes can come between another's
		limit = pipeBuf
	}
	return output{&destination{limit: limit}, fd}
}

// atomic tells whether every line must fit into one small write.
func (o output) atomic() bool { return o.limit == pipeBuf }

// isOneOf reports whether a file is of one of some kinds (S_IFMT in inode(7)).
func isOneOf(fd int, kinds ...uint32) bool {
	var s unix.Stat_t
	return unix.Fstat(fd, &s) == nil && slices.Contains(kinds, s.Mode&unix.S_IFMT)
}

func sameFile(a, b int) bool {
	var x, y unix.Stat_t
	return unix.Fstat(a, &x) == nil && unix.Fstat(b, &y) == nil && x.Dev == y.Dev && x.Ino == y.Ino
}

// tryWrite writes all of p or nothing, without waiting for who reads, and reports which. Pipes take a small write so since Linux 6.4, and
// /dev/null (RWF_NOWAIT in pwritev2(2)).
func (o output) tryWrite(p []byte) bool {
	if len(p) > pipeBuf || !isOneOf(o.fd, unix.S_IFIFO, unix.S_IFCHR) {
		return false
	}
	_, err := unix.Pwritev2(o.fd, [][]byte{p}, -1, unix.RWF_NOWAIT)
	return err == nil
}

// write writes all of p, however long that takes. What cannot be written, because the reader is gone or a disk is full, is
// dropped: no process shall wait for it. O_NONBLOCK is left as it is found, since others share the descriptor.
func (o output) write(p []byte) {
	for len(p) > 0 {
		n, err := unix.Write(o.fd, p)
		switch err {
		case nil:
			p = p[n:]
		case unix.EINTR:
		case unix.EAGAIN:
			_, _ = unix.Poll([]unix.PollFd{{Fd: int32(o.fd), Events: unix.POLLOUT}}, -1)
		default:
			return
		}
	}
}
