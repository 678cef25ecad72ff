// Package proc reads what the kernel tells of processes (proc(5)).
package proc

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Read reads a file that the kernel makes, of /proc or of a control group. Unlike package os it doesn't ask first whether one can wait for
// the file, which takes longer than to read it.
func Read(file string) ([]byte, error) {
	fd, err := retry(func() (int, error) { return unix.Open(file, unix.O_RDONLY|unix.O_CLOEXEC, 0) })
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: file, Err: err}
	}
	defer unix.Close(fd)
	text := make([]byte, 0, 1024)
	for {
		n, err := retry(func() (int, error) { return unix.Read(fd, text[len(text):cap(text)]) })
		if err != nil {
			return nil, &fs.PathError{Op: "read", Path: file, Err: err}
		}
		if n == 0 {
			return text, nil
		}
		if text = text[:len(text)+n]; len(text) == cap(text) {
			text = append(make([]byte, 0, 4*cap(text)), text...)
		}
	}
}

func retry(call func() (int, error)) (n int, err error) {
	for n, err = call(); errors.Is(err, unix.EINTR); n, err = call() {
	}
	return n, err
}

// Dir returns a process's directory in /proc.
func Dir(pid int) string { return "/proc/" + strconv.Itoa(pid) }

// Stat returns the fields of a process's stat from its state on; none where there is no such process.
func Stat(pid int) [][]byte {
	text, _ := Read(Dir(pid) + "/stat")
	return bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
}

// Parent returns a process's parent, 0 where none can be seen from here, and reports whether the process is alive. A zombie is not.
func Parent(pid int) (parent int, alive bool) {
	fields := Stat(pid)
	if len(fields) < 2 {
		return 0, false
	}
	parent, err := strconv.Atoi(string(fields[1]))
	return parent, err == nil && fields[0][0] != 'Z' && fields[0][0] != 'X'
}

// IsZombie reports whether a process has ended and is not awaited yet, or is nobody's.
func IsZombie(pid int) bool {
	_, alive := Parent(pid)
	return !alive
}

// Children returns a process's children, those too that have ended and were not awaited, as its threads have them.
func Children(pid int) (children []int) {
	threads := Dir(pid) + "/task/"
	entries, _ := os.ReadDir(threads)
	for _, thread := range entries {
		text, _ := Read(threads + thread.Name() + "/children")
		children = append(children, pids(text)...)
	}
	return children
}

// Own returns the children of the thread that asks, those too that have ended and were not awaited. Where the kernel does not list them,
// they are those of the process that are alive.
func Own() []int {
	text, err := Read("/proc/thread-self/children")
	if err != nil { // the kernel is built without it, or /proc isn't mounted
		return allChildren()[os.Getpid()]
	}
	return pids(text)
}

func pids(text []byte) (pids []int) {
	for field := range bytes.FieldsSeq(text) {
		if pid, err := strconv.Atoi(string(field)); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// Below returns the PIDs of all processes below root.
func Below(root int) (found []int) {
	EachBelow(root, func(pid int) { found = append(found, pid) })
	return found
}

// EachBelow visits all processes below root, each before its children are looked up: a chain of processes that fork and end can only be
// caught by who is quicker.
func EachBelow(root int, visit func(pid int)) {
	children := Children
	if _, err := os.Stat("/proc/thread-self/children"); err != nil { // the kernel is built without it
		all := allChildren()
		children = func(pid int) []int { return all[pid] }
	}
	for next := []int{root}; len(next) > 0; next = next[1:] {
		for _, pid := range children(next[0]) {
			visit(pid)
			next = append(next, pid)
		}
	}
}

// allChildren returns the children of every process that has any, by what each says of its parent.
func allChildren() map[int][]int {
	children := map[int][]int{}
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil {
			if parent, alive := Parent(pid); alive {
				children[parent] = append(children[parent], pid)
			}
		}
	}
	return children
}
