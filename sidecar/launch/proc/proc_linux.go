// Package proc reads what Linux tells of processes (proc(5)). Elsewhere it finds nothing.
package proc

import (
	"bytes"
	"io/fs"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Numbers returns those entries of a directory in /proc that are numbers: processes, threads, or descriptors, among which is the one that
// it is read by.
func Numbers(dir string) (numbers []int, err error) {
	f, err := open(dir, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return nil, err
	}
	defer f.close()
	var entries [4096]byte
	var names []string
	for {
		n, err := unix.Getdents(f.fd, entries[:])
		if err != nil {
			return nil, &fs.PathError{Op: "read", Path: dir, Err: err}
		}
		if n == 0 {
			return numbers, nil
		}
		_, _, names = unix.ParseDirent(entries[:n], -1, names[:0])
		for _, name := range names {
			if number, err := strconv.Atoi(name); err == nil {
				numbers = append(numbers, number)
			}
		}
	}
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
	all, _ := Numbers(threads)
	for _, thread := range all {
		text, _ := Read(threads + strconv.Itoa(thread) + "/children")
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
	all, _ := Numbers("/proc")
	for _, pid := range all {
		if parent, alive := Parent(pid); alive {
			children[parent] = append(children[parent], pid)
		}
	}
	return children
}
