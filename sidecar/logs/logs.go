// Package logs carries the output of supervised processes to standard output and standard error, line by line.
package logs

import (
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// Logs copies lines from the pipes of processes to the supervisor's own outputs; none is torn or mixed with another. Only
// Drain ever waits for whoever reads them, and for a limited time.
type Logs struct {
	stdout, stderr output

	mu     sync.Mutex
	active int           // streams that are open, and one more while there is something to say
	idle   chan struct{} // closed when active falls to 0
	says   says
}

// New writes to file descriptors 1 and 2. Shared means that others write to them too, such as an app that inherits them: each
// write to a pipe or socket is then small enough for the kernel to keep whole.
func New(shared bool) *Logs {
	return newLogs(unix.Stdout, unix.Stderr, shared)
}

func newLogs(stdout, stderr int, shared bool) *Logs {
	l := &Logs{stdout: newOutput(stdout, shared), stderr: newOutput(stderr, shared)}
	if sameFile(stdout, stderr) {
		l.stderr.destination = l.stdout.destination
	}
	return l
}

// Open returns what a new process gets as its standard output and standard error. They are close-on-exec, and writing to them
// blocks; the caller closes them once the process has been started. Lines come out in the form that mode says, plan.Prefix or
// plan.JSON, until the last process that holds the other copies has closed them. Errors are the system's, such as EMFILE.
func (l *Logs) Open(name string, mode plan.Logs) (stdout, stderr *os.File, err error) {
	if stdout, err = l.open(l.stdout, name, "stdout", mode); err != nil {
		return nil, nil, err
	}
	if stderr, err = l.open(l.stderr, name, "stderr", mode); err != nil {
		stdout.Close()
		return nil, nil, err
	}
	return stdout, stderr, nil
}

func (l *Logs) open(to output, name, stream string, mode plan.Logs) (*os.File, error) {
	from, process, err := pipe()
	if err != nil {
		return nil, err
	}
	s := source{from: from, lines: lines{to: to, as: newFormat(mode, name, stream, to.atomic())}}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.begin()
	go func() {
		defer l.end()
		s.copy()
	}()
	return process, nil
}

// Drain waits until everything that processes wrote and everything said is written, and tells whether that came about within d.
// It is for when the processes are gone: a stream ends when nobody can write to it any more.
func (l *Logs) Drain(d time.Duration) bool {
	l.mu.Lock()
	active, idle := l.active, l.idle
	l.mu.Unlock()
	if active == 0 {
		return true
	}
	timeout := time.NewTimer(d)
	defer timeout.Stop()
	select {
	case <-idle:
		return true
	case <-timeout.C:
		return false
	}
}

// begin counts one more reason for Drain to wait. It is called with the lock held.
func (l *Logs) begin() {
	if l.active++; l.active == 1 {
		l.idle = make(chan struct{})
	}
}

func (l *Logs) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.active--; l.active == 0 {
		close(l.idle)
	}
}
