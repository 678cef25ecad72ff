package supervise

import (
	"bytes"
	"os"
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
		pid := ended()
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

// siginfo is the kernel's siginfo_t as waitid(2) fills it on 64-bit machines.
type siginfo struct {
	signo, errno, code, _ int32
	pid, uid, status      int32
	_                     [25]int32
}

// ended is the PID of a child that has ended and is not awaited yet; 0 when none has, -1 when there is no child at all.
func ended() int {
	var info siginfo
	for {
		_, _, errno := unix.Syscall6(unix.SYS_WAITID, unix.P_ALL, 0, uintptr(unsafe.Pointer(&info)),
			unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, 0, 0)
		switch errno {
		case 0:
			return int(info.pid)
		case unix.EINTR:
		default:
			return -1
		}
	}
}

// sweep ends every descendant that is left: daemonised ones too, since orphans are ours. They are frozen before they are killed, so that
// none can start another in between.
func (r *runner) sweep() {
	for deadline := time.Now().Add(sweepLimit); time.Now().Before(deadline); {
		switch pid := ended(); {
		case pid < 0:
			return
		case pid > 0:
			_, _ = unix.Wait4(pid, nil, 0, nil)
			continue
		}
		if os.Getpid() == 1 {
			_ = unix.Kill(-1, unix.SIGKILL)
		} else {
			killAll(freeze())
		}
		r.awaitDeath()
	}
	r.tell(Info, "some processes can't be ended; leaving them")
}

// awaitDeath waits for a child's end, for a short while where none of those killed is our own child.
func (r *runner) awaitDeath() {
	select {
	case <-r.deaths:
	case <-time.After(10 * time.Millisecond):
	}
}

// freeze stops all descendants, those too that appear meanwhile.
func freeze() map[int]bool {
	frozen := map[int]bool{}
	for again := true; again; {
		again = false
		for _, pid := range descendants(os.Getpid()) {
			if !frozen[pid] && unix.Kill(pid, unix.SIGSTOP) == nil {
				frozen[pid], again = true, true
			}
		}
	}
	return frozen
}

func killAll(pids map[int]bool) {
	for pid := range pids {
		_ = unix.Kill(pid, unix.SIGKILL)
	}
}

// descendants are the PIDs of all processes below root that have not ended (proc(5)).
func descendants(root int) (found []int) {
	children := map[int][]int{}
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		if parent, alive := parentOf(pid); alive {
			children[parent] = append(children[parent], pid)
		}
	}
	for next := []int{root}; len(next) > 0; next = next[1:] {
		found = append(found, children[next[0]]...)
		next = append(next, children[next[0]]...)
	}
	return found
}

// parentOf reads a process's parent; a zombie is not alive.
func parentOf(pid int) (parent int, alive bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if err != nil || len(fields) < 2 {
		return 0, false
	}
	parent, err = strconv.Atoi(string(fields[1]))
	return parent, err == nil && fields[0][0] != 'Z' && fields[0][0] != 'X'
}
