// Package logs carries the output of supervised processes to standard output and standard error, line by line.
package logs

import (
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// Logs copies lines from the pipes of processes to the supervisor's own outputs; none is torn or mixed with another. Only
// Drain ever waits for whoever reads them, and for a limited time.
type Logs struct {
	stdout, stderr output
	own            plan.Logs   // the form of what we say ourselves
	busiest        atomic.Bool // some source has the one thread that waits for a source

	keep   int                // bytes of recent lines of each process; 0: none
	recent map[string]*Recent // by process

	mu     sync.Mutex
	opened []source      // and not copied from yet
	active int           // streams that are open, and one more while there is something to say
	idle   chan struct{} // closed when active falls to 0
	says   says
}

// New returns the Logs of a plan's processes, which write to file descriptors 1 and 2. Where one of the processes is raw and so writes
// there itself, each write of ours to a pipe or socket is small enough for the kernel to keep whole. Our own messages are JSON where every
// sidecar's lines are, or the app's where it has no sidecars.
func New(p plan.Plan) *Logs {
	is := func(form plan.Logs) func(plan.Process) bool {
		return func(q plan.Process) bool { return q.Logs == form }
	}
	l := newLogs(unix.Stdout, unix.Stderr, slices.ContainsFunc(p.Processes(), is(plan.Raw)))
	ours := p.Sidecars
	if len(ours) == 0 {
		ours = []plan.Process{p.App}
	}
	if !slices.ContainsFunc(ours, is(plan.Prefix)) && !slices.ContainsFunc(ours, is(plan.Raw)) {
		l.own = plan.JSON
	}
	return l
}

func newLogs(stdout, stderr int, shared bool) *Logs {
	l := &Logs{stdout: newOutput(stdout, shared), stderr: newOutput(stderr, shared), own: plan.Prefix}
	if sameFile(stdout, stderr) {
		l.stderr.destination = l.stdout.destination
	}
	return l
}

// Outputs are what a process writes to. They are close-on-exec, and writing to them blocks.
type Outputs struct {
	Stdout, Stderr *os.File
	Passed         <-chan struct{} // closed once nobody can write to them any more, and everything written to them is passed on
}

// Close closes the outputs, which the caller does once the process has been started.
func (o Outputs) Close() {
	o.Stdout.Close()
	o.Stderr.Close()
}

// Open returns the outputs of a new process. Lines come out in the form that mode says, plan.Prefix or plan.JSON, from the next Copy on,
// until the last process that holds the other copies has closed them. Errors are the system's, such as EMFILE.
func (l *Logs) Open(name string, mode plan.Logs) (o Outputs, err error) {
	passed := &passed{all: make(chan struct{})}
	passed.streams.Store(2)
	if o.Stdout, err = l.open(l.stdout, name, "stdout", mode, passed); err != nil {
		return o, err
	}
	if o.Stderr, err = l.open(l.stderr, name, "stderr", mode, passed); err != nil {
		o.Stdout.Close()
		return o, err
	}
	o.Passed = passed.all
	return o, nil
}

func (l *Logs) open(to output, name, stream string, mode plan.Logs, passed *passed) (*os.File, error) {
	from, process, err := pipe()
	if err != nil {
		return nil, err
	}
	s := source{from: from, busiest: &l.busiest, passed: passed, lines: lines{to: to, as: newFormat(mode, name, stream, to.atomic())}}
	l.mu.Lock()
	defer l.mu.Unlock()
	s.past = l.past(name)
	l.begin()
	l.opened = append(l.opened, s)
	return process, nil
}

// Copy begins to copy from all that was opened since the last Copy. What begins to wait for a process's lines competes with the process's
// start, so that is left until all have been started that can be.
func (l *Logs) Copy() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.opened {
		s := l.opened[i]
		go func() {
			defer l.end()
			s.copy()
			s.passed.end()
		}()
	}
	l.opened = nil
}

// Keep has so many bytes of recent lines kept of each process that is opened from now on.
func (l *Logs) Keep(size int) { l.keep, l.recent = size, map[string]*Recent{} }

// past returns where the recent lines of a process are kept. It is called with the lock held.
func (l *Logs) past(name string) *Recent {
	if l.keep > 0 && l.recent[name] == nil {
		l.recent[name] = newRecent(l.keep)
	}
	return l.recent[name]
}

// Recent returns the recent lines of a process; nil where none are kept, or nothing of it was opened.
func (l *Logs) Recent(name string) *Recent {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.recent[name]
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
