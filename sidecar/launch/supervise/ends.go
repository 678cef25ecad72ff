package supervise

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/proc"
)

// Processes close their files before they have ended, so of a sidecar and an app that end on account of each other either can be found
// first, in whatever order they began. A sidecar that failed is then taken for the cause, and one that ended well for the consequence. So
// the machine hears of an end only when the one that may be its cause has ended too, or isn't about to. Nothing else waits for that.

// How long it may take a process, once it has closed its files, to have ended. More is for the app, whose code counts; behind the app's own
// end others may fail on account of it, who are not to be taken for its cause.
const (
	lastMoment     = 50 * time.Millisecond
	appsLastMoment = 500 * time.Millisecond
)

// ends are those that the machine has not heard of yet.
type ends struct {
	all   []end
	since time.Time // when the first of them was found
	alarm *alarm    // set while they are kept
}

// end is that of child proc.
type end struct {
	proc int
	ws   unix.WaitStatus
}

// ended keeps the end of child i for hearEnds.
func (r *Supervisor) ended(i int, ws unix.WaitStatus) {
	r.children[i].pid, r.children[i].ended = 0, ws
	if len(r.ends.all) == 0 {
		r.ends.since = time.Now()
	}
	r.ends.all = append(r.ends.all, end{i, ws})
}

// hearEnds gives the ends that are kept to the machine, or has that done later.
func (r *Supervisor) hearEnds() {
	r.agenda.cancel(r.ends.alarm)
	if wait := r.causeLeaves() - time.Since(r.ends.since); wait > 0 {
		r.ends.alarm = r.agenda.after(wait, r.hearEnds)
		return
	}
	all := r.ends.all
	r.ends = ends{}
	slices.SortStableFunc(all, r.byCause)
	if r.swamped && r.state.Stopping() {
		// A look at what they have left behind takes long now, and whoever makes the orphans is likely in their groups.
		for _, e := range all {
			c := &r.children[e.proc]
			_ = unix.Kill(-c.lastPID, unix.SignalNum(c.StopSignal))
		}
	}
	orphans := r.orphans() // once for all: with hundreds of children it takes longer than the rest
	for _, e := range all {
		r.hearEnd(e, orphans)
	}
}

// byCause orders ends that are found together: the cause, if it is one, comes before what follows from it.
func (r *Supervisor) byCause(a, b end) int { return cmp.Compare(r.rank(a), r.rank(b)) }

const (
	failedSidecar = iota
	appsEnd
	goodSidecar
)

func (r *Supervisor) rank(e end) int {
	switch {
	case e.proc == len(r.children)-1:
		return appsEnd
	case r.children[e.proc].Succeeds(exitStatus(e.ws)):
		return goodSidecar
	}
	return failedSidecar
}

// causeLeaves returns how long a process may take that is on its way out, and that may be the cause of the ends that are kept; 0 where
// there is none.
func (r *Supervisor) causeLeaves() time.Duration {
	if len(r.ends.all) == 0 || r.state.Stopping() {
		return 0
	}
	app := len(r.children) - 1
	switch r.rank(slices.MinFunc(r.ends.all, r.byCause)) {
	case appsEnd:
		if slices.ContainsFunc(r.children[:app], func(c child) bool { return isLeaving(c.pid) }) {
			return lastMoment
		}
	case goodSidecar:
		if isLeaving(r.children[app].pid) {
			return appsLastMoment
		}
	}
	return 0
}

// isLeaving reports whether a child, or at least its first thread, is on its way out or has ended. pid is 0 where it doesn't run.
func isLeaving(pid int) bool {
	const exiting = 0x4 // PF_EXITING in Linux' sched.h
	if pid == 0 {
		return false
	}
	fields := proc.Stat(pid)
	if len(fields) < 7 {
		return false
	}
	flags, _ := strconv.ParseUint(string(fields[6]), 10, 32)
	return flags&exiting != 0
}
