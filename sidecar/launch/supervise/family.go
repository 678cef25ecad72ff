package supervise

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/proc"
)

// A process that ends leaves behind what it has started and not awaited. Such orphans become our children (PR_SET_CHILD_SUBREAPER), but
// nothing in the kernel says whose they were. So each process of the plan is started with a mark that all below it inherit: the soft limit
// of RLIMIT_LOCKS, which Linux has enforced in 2.4.0 to 2.4.24 only (setrlimit(2)). It outlives exec, an emptied environment, setsid and
// another user, and everybody may read it in /proc/PID/limits.

// marks returns the first of the marks of a supervisor. Another supervisor's, above or below this one, are others.
func marks(start time.Time) uint64 { return uint64(start.UnixNano()) &^ 0xffff }

func (r *Supervisor) mark(i int) uint64 { return r.firstMark + uint64(i) }

// markNext has the next process that is forked, and all below it, bear the mark of child i. Where the hard limit forbids it they are known
// by their process group alone.
func (r *Supervisor) markNext(i int) {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_LOCKS, &limit) == nil {
		_ = unix.Setrlimit(unix.RLIMIT_LOCKS, &unix.Rlimit{Cur: r.mark(i), Max: limit.Max})
	}
}

// markOf returns the mark that a process bears: some number that is none where it isn't one of ours.
func markOf(pid int) uint64 {
	text, _ := proc.Read(proc.Dir(pid) + "/limits")
	_, line, _ := bytes.Cut(text, []byte("Max file locks"))
	soft, _, _ := bytes.Cut(bytes.TrimLeft(line, " "), []byte(" "))
	mark, _ := strconv.ParseUint(string(soft), 10, 64)
	return mark
}

// leftBy returns the living processes that child i, which has ended, has left behind. Those that it has left behind while it ran count too.
func (r *Supervisor) leftBy(i int) []int { return r.leftAmong(r.orphans(), i) }

// leftAmong is leftBy where the orphans are known.
func (r *Supervisor) leftAmong(orphans []int, i int) (left []int) {
	isTheirs := map[int]bool{}
	for _, orphan := range orphans {
		visit := func(pid int) {
			fields := proc.Stat(pid)
			if len(fields) < 3 || fields[0][0] == 'Z' || fields[0][0] == 'X' {
				return
			}
			parent, _ := strconv.Atoi(string(fields[1]))
			group, _ := strconv.Atoi(string(fields[2]))
			if isTheirs[parent] || r.owner(pid, group) == i {
				isTheirs[pid] = true
				left = append(left, pid)
			}
		}
		visit(orphan)
		proc.EachBelow(orphan, visit)
	}
	return left
}

// owner returns the child whose mark a process bears, or else whose process group it is in; -1 where it is nobody's.
func (r *Supervisor) owner(pid, group int) int {
	if i := markOf(pid) - r.firstMark; i < uint64(len(r.children)) {
		return int(i)
	}
	for i := range r.children {
		if r.children[i].lastPID == group {
			return i
		}
	}
	return -1
}

// orphans returns our living children that we haven't started ourselves. Of those that have ended there can be thousands: waitid(2) tells
// them apart in a microsecond each, where /proc takes fifty, and to await them takes as long. All are children of the main thread: those
// that we start, since we start them there, and orphans, since the kernel gives them to a process's first living thread.
func (r *Supervisor) orphans() (pids []int) {
	if ended(unix.P_ALL, 0) < 0 {
		return nil // we have no children at all
	}
	for _, pid := range proc.Own() {
		if r.pids[pid] == nil && ended(unix.P_PID, pid) != pid {
			pids = append(pids, pid)
		}
	}
	return pids
}

// downstream reports which of some processes read from the output of another of them. Such a filter ends by itself when the other has
// ended, and takes what that still says with it where it ends before. Of those that read from each other in a circle none does.
func downstream(pids []int) map[int]bool {
	writers := map[string]int{} // by the pipe
	for _, pid := range pids {
		for _, output := range []string{"/fd/1", "/fd/2"} {
			if pipe, err := os.Readlink(proc.Dir(pid) + output); err == nil {
				writers[pipe] = pid
			}
		}
	}
	from := map[int]int{} // who writes what a process reads
	for _, pid := range pids {
		pipe, err := os.Readlink(proc.Dir(pid) + "/fd/0")
		if writer, written := writers[pipe]; err == nil && written && strings.HasPrefix(pipe, "pipe:") {
			from[pid] = writer
		}
	}
	reads := map[int]bool{}
	for _, pid := range pids {
		writer, isReader := from[pid]
		for range from { // up to whoever reads from none of them, or round once
			if next, more := from[writer]; more && writer != pid {
				writer = next
			}
		}
		reads[pid] = isReader && writer != pid
	}
	return reads
}
