package supervise

import (
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/machine"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/proc"
)

// rest is what an ended process has left behind, as long as there is any of it.
type rest struct {
	signal  syscall.Signal    // that all of it is to get, those too that are found later; 0: none yet
	told    map[int]bool      // by PID
	filters map[int]time.Time // those that read from another of them: until when they have time to end by themselves, once that is gone
}

// filterPause is how long a filter has to pass on the last of what it reads.
const filterPause = 200 * time.Millisecond

// restPause is the least time between two looks at what processes have left behind.
const restPause = 10 * time.Millisecond

// signalRest sends a signal to what child i has left behind.
func (r *Supervisor) signalRest(a machine.SignalRest) {
	c := &r.children[a.Proc]
	if c.rest == nil {
		return
	}
	if c.rest.signal != 0 && a.Signal != unix.SIGKILL { // one that is passed on
		for _, pid := range r.leftBy(a.Proc) {
			_ = unix.Kill(pid, a.Signal)
		}
		return
	}
	if group, err := foreground(); a.Proc == len(r.children)-1 && err == nil && group == c.lastPID && fromTerminal(c.ended) {
		for _, pid := range r.leftBy(a.Proc) { // the terminal has told its whole group
			group, err := unix.Getpgid(pid)
			c.rest.told[pid] = err == nil && group == c.lastPID
		}
	}
	if a.Why != "" {
		killed := strings.Join(named(r.leftBy(a.Proc)), ", ")
		r.tell(machine.Info, "what is left of "+r.titles[a.Proc]+" "+a.Why+"; killing "+killed)
	}
	c.rest.signal = a.Signal
	r.tellRest(a.Proc)
}

// fromTerminal reports whether a process was ended by a signal that terminals send.
func fromTerminal(ws unix.WaitStatus) bool {
	return ws.Signaled() && (ws.Signal() == unix.SIGINT || ws.Signal() == unix.SIGQUIT)
}

// tellRest sends each process that child i has left behind the signal that is due, once, and returns them.
func (r *Supervisor) tellRest(i int) []int {
	rest, left := r.children[i].rest, r.leftBy(i)
	if rest.signal == unix.SIGKILL {
		for _, pid := range left { // each time, for those that were forked meanwhile
			_ = unix.Kill(pid, unix.SIGKILL)
		}
		return left
	}
	waits := downstream(left)
	for _, pid := range left {
		switch {
		case rest.told[pid]:
		case waits[pid]:
			rest.filters[pid] = time.Time{}
		case !r.endsByItself(rest, pid):
			rest.told[pid] = true
			_ = unix.Kill(pid, rest.signal)
			continueStopped(pid)
		}
	}
	return left
}

// endsByItself reports whether a process is a filter that has time yet to end on its own, and has it looked at again after that.
func (r *Supervisor) endsByItself(rest *rest, pid int) bool {
	until, isFilter := rest.filters[pid]
	if !isFilter {
		return false
	}
	if until.IsZero() {
		until = time.Now().Add(filterPause)
		rest.filters[pid] = until
	}
	wait := time.Until(until)
	if wait > 0 {
		r.lookAgain(wait)
	}
	return wait > 0
}

// lookAgain has what is left of processes looked at after a while.
func (r *Supervisor) lookAgain(after time.Duration) {
	if r.restAlarm == nil {
		r.restAlarm = r.agenda.after(after, func() { r.restAlarm = nil; r.followRests() })
	}
}

// followRests looks whether something is left of the processes that have ended. It computes for a fifth of the time at most, however many
// come and go.
func (r *Supervisor) followRests() {
	if !r.resting() {
		return
	}
	if wait := time.Until(r.restDue); wait > 0 {
		r.lookAgain(wait)
		return
	}
	began := threadTime()
	for i := range r.children {
		if r.children[i].rest != nil && len(r.tellRest(i)) == 0 {
			r.children[i].rest = nil
			r.step(machine.Cleared{At: r.now(), Proc: i})
		}
	}
	r.restDue = time.Now().Add(max(restPause, 4*(threadTime()-began)))
}

// threadTime is how long the main thread has computed. Where others leave it little of the processor, that is far less than the time by the
// clock, and a pause by the clock would outlast a stop's budget.
func threadTime() time.Duration {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts)
	return time.Duration(ts.Nano())
}

// resting reports whether something may be left of a process that has ended.
func (r *Supervisor) resting() bool {
	for i := range r.children {
		if r.children[i].rest != nil {
			return true
		}
	}
	return false
}

// named returns processes' names and PIDs for people, the first few of them.
func named(pids []int) (names []string) {
	const most = 10
	for i, pid := range pids {
		if i == most {
			return append(names, "and "+strconv.Itoa(len(pids)-most)+" more")
		}
		comm, _ := proc.Read(proc.Dir(pid) + "/comm")
		names = append(names, strings.ToValidUTF8(strings.TrimSpace(string(comm)), "?")+" (PID "+strconv.Itoa(pid)+")")
	}
	return names
}
