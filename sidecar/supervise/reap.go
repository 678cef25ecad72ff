package supervise

import (
	"bytes"
	"os"
	"slices"
	"strconv"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// sweepLimit is how long the supervisor goes on trying to end what the processes have left behind.
const sweepLimit = 2 * time.Second

// reap awaits all that has ended, known or orphaned. The main goroutine alone starts and awaits processes, so that an end can't come
// before its process is known, and a PID that is known can't have passed to another.
func (r *runner) reap() {
	for {
		pid := r.nextEnded()
		if pid <= 0 {
			break
		}
		known := r.pids[pid]
		if known != nil {
			_ = unix.Kill(-pid, unix.SIGKILL) // what is left of its group, while the PID is still its own
		}
		var ws unix.WaitStatus
		if _, err := unix.Wait4(pid, &ws, 0, nil); err != nil {
			continue
		}
		if known != nil {
			delete(r.pids, pid)
			known(ws)
		}
	}
	if r.terminal {
		r.followStop()
	}
}

// nextEnded is the PID of the child whose end is to be heard of next, as ended gives it. Processes close their files before they have
// ended, so of a sidecar and an app that end on account of each other either can be found first, in whatever order they began. A sidecar
// that failed is then taken for the cause, and one that ended well for the consequence.
func (r *runner) nextEnded() int {
	pid, app := ended(unix.P_ALL, 0), r.children[len(r.children)-1].pid
	if pid <= 0 || app == 0 || r.state.stopping {
		return pid
	}
	isSidecar := func(c child) bool { return c.pid == pid }
	if pid != app && !(slices.ContainsFunc(r.children, isSidecar) && endedWell(pid) && endsSoon(app)) {
		return pid
	}
	for _, c := range r.children[:len(r.children)-1] {
		if c.pid != 0 && endsSoon(c.pid) && !endedWell(c.pid) {
			return c.pid
		}
	}
	return app
}

// siginfo is the kernel's siginfo_t as waitid(2) fills it on 64-bit machines.
type siginfo struct {
	signo, errno, code, _ int32
	pid, uid, status      int32
	_                     [25]int32
}

// ended is the PID of a child, of those that waitid(2) is to look at, that has ended and is not awaited yet; 0 when none has, -1 when there
// is no such child at all.
func ended(idType, id int) int {
	info := waitInfo(idType, id)
	return int(info.pid)
}

// endedWell tells whether a child has ended with 0.
func endedWell(pid int) bool {
	const exited = 1 // CLD_EXITED in sigaction(2)
	info := waitInfo(unix.P_PID, pid)
	return info.pid > 0 && info.code == exited && info.status == 0
}

// waitInfo looks at a child that has ended, and leaves it to be awaited. The PID in it is as that of ended.
func waitInfo(idType, id int) (info siginfo) {
	for {
		_, _, errno := unix.Syscall6(unix.SYS_WAITID, uintptr(idType), uintptr(id), uintptr(unsafe.Pointer(&info)),
			unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, 0, 0)
		switch errno {
		case 0:
			return info
		case unix.EINTR:
		default:
			return siginfo{pid: -1}
		}
	}
}

// lastMoment is how long it may take a process, once it has closed its files, to have ended.
const lastMoment = 50 * time.Millisecond

// endsSoon tells whether a child on its way out has ended, waiting a moment for that.
func endsSoon(pid int) bool {
	for deadline := time.Now().Add(lastMoment); leaving(pid) && time.Now().Before(deadline); time.Sleep(lastMoment / 500) {
		if ended(unix.P_PID, pid) == pid {
			return true
		}
	}
	return false
}

// leaving tells whether a process, or at least its first thread, is on its way out or has ended.
func leaving(pid int) bool {
	const exiting = 0x4 // PF_EXITING in Linux' sched.h
	fields := stat(pid)
	if len(fields) < 7 {
		return false
	}
	flags, _ := strconv.ParseUint(string(fields[6]), 10, 32)
	return flags&exiting != 0
}

// sweep ends every descendant that is left: daemonised ones too, since orphans are ours. One that is killed starts no other any more, and
// those below it are our children then.
func (r *runner) sweep() {
	for deadline := time.Now().Add(sweepLimit); time.Now().Before(deadline); {
		switch pid := ended(unix.P_ALL, 0); {
		case pid < 0:
			return
		case pid > 0:
			_, _ = unix.Wait4(pid, nil, 0, nil)
		case os.Getpid() == 1:
			_ = unix.Kill(-1, unix.SIGKILL)
			r.awaitDeath()
		default:
			eachBelow(os.Getpid(), func(pid int) { _ = unix.Kill(pid, unix.SIGKILL) })
			r.awaitDeath()
		}
	}
	r.tell(Info, "some processes can't be ended; leaving them")
}

// awaitDeath waits for a child's end, for a short while where none of those killed is our own child.
func (r *runner) awaitDeath() {
	select {
	case <-r.launch.Signals.deaths:
	case <-time.After(10 * time.Millisecond):
	}
}

// descendants are the PIDs of all processes below root.
func descendants(root int) (found []int) {
	eachBelow(root, func(pid int) { found = append(found, pid) })
	return found
}

// eachBelow visits all processes below root, each before its children are looked up: a chain of processes that fork and end can only be
// caught by who is quicker.
func eachBelow(root int, visit func(pid int)) {
	children := childrenOf
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

// childrenOf are a process's children, those too that have ended and were not awaited, as its threads have them (proc(5)).
func childrenOf(pid int) (children []int) {
	threads := procDir(pid) + "/task/"
	entries, _ := os.ReadDir(threads)
	for _, thread := range entries {
		text, _ := os.ReadFile(threads + thread.Name() + "/children")
		for field := range bytes.FieldsSeq(text) {
			if child, err := strconv.Atoi(string(field)); err == nil {
				children = append(children, child)
			}
		}
	}
	return children
}

// allChildren are the children of every process that has any, by what each says of its parent.
func allChildren() map[int][]int {
	children := map[int][]int{}
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil {
			if parent, alive := parentOf(pid); alive {
				children[parent] = append(children[parent], pid)
			}
		}
	}
	return children
}

// parentOf reads a process's parent; a zombie is not alive.
func parentOf(pid int) (parent int, alive bool) {
	fields := stat(pid)
	if len(fields) < 2 {
		return 0, false
	}
	parent, err := strconv.Atoi(string(fields[1]))
	return parent, err == nil && fields[0][0] != 'Z' && fields[0][0] != 'X'
}

// stat is what proc(5) tells of a process in stat, from its state on; empty where there is none.
func stat(pid int) [][]byte {
	text, _ := os.ReadFile(procDir(pid) + "/stat")
	return bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
}
