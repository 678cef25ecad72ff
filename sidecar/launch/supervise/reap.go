package supervise

import (
	"bytes"
	"os"
	"slices"
	"strconv"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/machine"
)

// sweepLimit is how long the supervisor goes on trying to end what the processes have left behind.
const sweepLimit = 2 * time.Second

// mostSwept is how many ended processes are awaited before the living are killed again. With thousands of the dead that takes a while too.
const mostSwept = 1000

// mostReaped is how many processes are awaited in one turn. Orphans can come faster than they are awaited.
const mostReaped = 64

// reap awaits what has ended, known or orphaned, and leaves to another turn what is too much for one. The main goroutine alone starts and
// awaits processes, so that an end can't come before its process is known, and a PID that is known can't have passed to another.
func (r *Supervisor) reap() {
	for turn := 0; ; turn++ {
		pid := ended(unix.P_ALL, 0)
		if pid <= 0 {
			r.swamped = false
			break
		}
		if turn == mostReaped {
			r.swamped = true
			r.queueReap()
			break
		}
		known := r.pids[pid]
		if known != nil && !r.isChild(pid) {
			_ = unix.Kill(-pid, unix.SIGKILL) // what is left of a check, while the PID is still its own
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
	r.followRests()
	if r.terminal {
		r.followStop()
	}
}

func (r *Supervisor) isChild(pid int) bool {
	return slices.ContainsFunc(r.children, func(c child) bool { return c.pid == pid })
}

// queueReap has reap called again, after what else waits to be heard.
func (r *Supervisor) queueReap() {
	select {
	case r.launch.Signals.deaths <- unix.SIGCHLD:
	default: // it is already
	}
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

// sweep ends every descendant that is left: daemonised ones too, since orphans are ours. One that is killed starts no other any more, and
// those below it are our children then.
func (r *Supervisor) sweep() {
	reaped := 0 // since the last kill
	for deadline := time.Now().Add(sweepLimit); time.Now().Before(deadline); {
		pid := ended(unix.P_ALL, 0)
		switch {
		case pid < 0:
			return
		case pid > 0 && reaped < mostSwept:
			_, _ = unix.Wait4(pid, nil, 0, nil)
			reaped++
			continue
		}
		killBelow(func(int) {})
		if reaped = 0; pid == 0 {
			r.awaitDeath()
		}
	}
	r.tell(machine.Info, "some processes can't be ended; leaving them")
}

// awaitDeath waits for a child's end, for a short while where none of those killed is our own child.
func (r *Supervisor) awaitDeath() {
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

// continueStopped continues a process that is stopped.
func continueStopped(pid int) {
	if fields := stat(pid); len(fields) > 0 && string(fields[0]) == "T" {
		_ = unix.Kill(pid, unix.SIGCONT)
	}
}

// isZombie reports whether a process has ended and is not awaited yet, or is nobody's.
func isZombie(pid int) bool {
	_, alive := parentOf(pid)
	return !alive
}

// stat is what proc(5) tells of a process in stat, from its state on; empty where there is none.
func stat(pid int) [][]byte {
	text, _ := os.ReadFile(procDir(pid) + "/stat")
	return bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
}
