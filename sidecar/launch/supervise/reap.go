package supervise

import (
	"slices"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/machine"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/proc"
)

// sweepLimit is how long the supervisor goes on trying to end what the processes have left behind.
const sweepLimit = 2 * time.Second

// sweepPause is how long it waits for a child's end before it looks again. None of those killed need be its own child.
const sweepPause = 10 * time.Millisecond

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
			r.agenda.bell.ring() // what else waits to be heard comes first
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
	if len(r.ends.all) > 0 {
		r.hearEnds()
	}
	r.followRests()
	if r.terminal {
		r.followStop()
	}
	if waitInfo(unix.P_ALL, 0, unix.WSTOPPED).pid > 0 {
		r.continueStopping()
	}
}

// continueStopping continues the children that are told to end and have been stopped since, or were about to be.
func (r *Supervisor) continueStopping() {
	for i, c := range r.children {
		if c.pid != 0 && r.state.View(i).Phase == machine.Stopping {
			r.continueChild(c.pid)
		}
	}
}

func (r *Supervisor) isChild(pid int) bool {
	return slices.ContainsFunc(r.children, func(c child) bool { return c.pid == pid })
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
	info := waitInfo(idType, id, unix.WEXITED)
	return int(info.pid)
}

// waitInfo looks at a child that has ended or, where what says so, was stopped, and leaves it to be awaited. The PID in it is as that of
// ended.
func waitInfo(idType, id, what int) (info siginfo) {
	for {
		_, _, errno := unix.Syscall6(unix.SYS_WAITID, uintptr(idType), uintptr(id), uintptr(unsafe.Pointer(&info)),
			uintptr(what|unix.WNOHANG|unix.WNOWAIT), 0, 0)
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
			r.agenda.bell.watch(&unix.Timespec{Nsec: sweepPause.Nanoseconds()})
		}
	}
	r.tell(machine.Info, "some processes can't be ended; leaving them")
}

// continueChild is continueStopped for a child, of which the kernel tells sooner. At a terminal its stop may have been heard of, and is not
// told again.
func (r *Supervisor) continueChild(pid int) {
	if r.terminal || waitInfo(unix.P_PID, pid, unix.WSTOPPED).pid == int32(pid) {
		continueStopped(pid)
	}
}

// continueStopped continues a process that is stopped.
func continueStopped(pid int) {
	if fields := proc.Stat(pid); len(fields) > 0 && string(fields[0]) == "T" {
		_ = unix.Kill(pid, unix.SIGCONT)
	}
}
