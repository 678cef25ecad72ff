package logs

import (
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
	fd     int
	prompt bool // it is a pipe or a device, which takes a small write whole or not at all
}

// destination is where an output leads. Its lock is held from reading a process's pipe until what was read is written, so that
// any number of streams make do with one pair of buffers.
type destination struct {
	mu      sync.Mutex
	limit   int // bytes that one write should not exceed
	in, out []byte
}

func newOutput(fd int, shared bool) output {
	kind, limit := kindOf(fd), writeSize
	if shared && (kind == unix.S_IFIFO || kind == unix.S_IFSOCK) { // where one writer's bytes can come between another's
		limit = pipeBuf
	}
	return output{&destination{limit: limit}, fd, kind == unix.S_IFIFO || kind == unix.S_IFCHR}
}

// atomic tells whether every line must fit into one small write.
func (o output) atomic() bool { return o.limit == pipeBuf }

// kindOf returns the S_IFMT of a file; 0 where it isn't open.
func kindOf(fd int) uint32 {
	var s unix.Stat_t
	if unix.Fstat(fd, &s) != nil {
		return 0
	}
	return s.Mode & unix.S_IFMT
}

func sameFile(a, b int) bool {
	var x, y unix.Stat_t
	return unix.Fstat(a, &x) == nil && unix.Fstat(b, &y) == nil && x.Dev == y.Dev && x.Ino == y.Ino
}

// tryWrite writes all of p or nothing, without waiting for who reads, and reports which. Pipes do so since Linux 6.4, and /dev/null
// (RWF_NOWAIT in pwritev2(2)).
func (o output) tryWrite(p []byte) bool {
	if !o.prompt || len(p) > pipeBuf {
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
