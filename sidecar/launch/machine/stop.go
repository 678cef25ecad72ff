package machine

import (
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// beginStop begins the end of all, once. cause is the process whose end it follows, or none.
func (t *step) beginStop(cause int) {
	t.stopping, t.begins, t.cause, t.began, t.deadline = true, true, cause, t.now, t.now+t.m.budget
	t.do(SetTimer{Timer{Kind: Budget}, t.m.budget})
	if cause != none && !(cause == t.m.app && t.procs[cause].done) {
		t.yielded = t.yields
		t.do(Explain{t.explain()})
	}
	for i := range t.procs {
		switch p := t.own(i); p.phase {
		case Waiting:
			p.phase = Skipped
		case Held:
			p.phase = Ended
		case BackingOff:
			p.phase = Ended
			t.do(CancelTimer{Timer{Backoff, i}})
		case Lingering:
			p.next = Ended
		case Spawning:
			p.why = untold // nobody's wish to restart it counts any more
		case Stopping:
			p.why = shutdown
			if p.draining { // its turn comes
				t.endDrain(i)
				p.phase, p.why = Running, untold
			}
		}
		t.stopProbes(i)
	}
}

// stopUnneeded tells those to stop that nobody alive needs: the app first, then the sidecars against their dependencies' direction.
// When all are gone it finishes.
func (t *step) stopUnneeded() {
	app := t.m.app
	if !over(t.procs[app].phase) {
		t.tell(app)
		return
	}
	alive := false
	for i := range t.procs[:app] {
		if over(t.procs[i].phase) {
			continue
		}
		alive = true
		needed := slices.ContainsFunc(t.m.specs[i].neededBy, func(j int) bool { return !over(t.procs[j].phase) })
		if !needed {
			t.tell(i)
		}
	}
	if !alive && !t.awaitShared() {
		t.finish()
	}
}

// tell is stop, for the end of all, once.
func (t *step) tell(i int) {
	if p := t.procs[i]; p.why != shutdown && !p.killed {
		t.stop(i, shutdown)
	}
}

// stop tells a process to stop and gives it its grace; one that is still being spawned is told when it runs.
func (t *step) stop(i int, why reason) {
	p := t.own(i)
	told := p.phase == Stopping
	p.why = why
	if p.phase != Running && !told {
		return
	}
	p.phase = Stopping
	t.stopProbes(i)
	if told {
		return
	}
	if t.drains(i) {
		t.drain(i)
	} else {
		t.tellNow(i)
	}
}

func (t *step) startGrace(i int) {
	p := t.own(i)
	p.told, p.inGrace = t.now, true
	t.do(SetTimer{Timer{Grace, i}, t.graceOf(i)})
}

func (t *step) endGrace(i int) {
	if t.procs[i].inGrace {
		t.own(i).inGrace = false
		t.do(CancelTimer{Timer{Grace, i}})
	}
}

// graceOf is how long a process has from its stop signal until it is killed. The app, which is told only when all stop, has what it
// wishes, or else all of the budget, less what the sidecars behind it need.
func (t *step) graceOf(i int) time.Duration {
	grace := t.m.specs[i].grace
	if i != t.m.app {
		return grace
	}
	left := max(0, t.deadline-t.now)
	if slices.ContainsFunc(t.procs[:t.m.app], func(p *proc) bool { return !over(p.phase) }) {
		left -= min(sidecarsReserve, left/2)
	}
	if grace == 0 {
		return left
	}
	return min(grace, left)
}

// kill ends a process that runs, or what is left of it, without asking.
func (t *step) kill(i int) {
	p := t.own(i)
	switch {
	case p.killed:
		return
	case p.phase == Running, p.phase == Stopping:
		t.endDrain(i)
		t.do(Signal{i, syscall.SIGKILL})
	case p.phase == Lingering:
		t.do(SignalRest{Proc: i, Signal: syscall.SIGKILL})
	default:
		return
	}
	p.killed = true
}

// hurry gives up the order of the stop and most of its budget.
func (t *step) hurry() {
	left := min(t.deadline-t.now, hastyBudget)
	if left <= 0 { // all are killed already
		return
	}
	t.hasty, t.deadline = true, t.now+left
	t.do(SetTimer{Timer{Kind: Budget}, left})
	for i := range t.procs {
		switch p := t.procs[i]; {
		case p.draining:
			t.tellNow(i)
		case !over(p.phase):
			t.tell(i)
		}
	}
}

// endBudget kills all that is left.
func (t *step) endBudget() {
	if len(t.alive()) == 0 {
		t.yielded = 0 // Shared is late
		return
	}
	t.killing = true
	why := "the stop budget of " + t.m.budget.String() + " is used up"
	if t.terms > 1 {
		why = "SIGTERM came again"
	}
	t.report(why + "; killing " + strings.Join(t.alive(), ", "))
	for i := range t.procs {
		t.own(i).late = why
		t.kill(i)
	}
	t.do(SetTimer{Timer{Kind: GiveUp}, giveUpDelay})
}

// alive names the processes that are not done.
func (t *step) alive() (titles []string) {
	for i := range t.procs {
		if !over(t.procs[i].phase) {
			titles = append(titles, t.title(i))
		}
	}
	return titles
}

func (t *step) finish() {
	t.finished = true
	for i := range t.procs {
		t.endGrace(i)
		t.endDrain(i)
	}
	t.do(CancelTimer{Timer{Kind: Budget}}, CancelTimer{Timer{Kind: GiveUp}}, CancelTimer{Timer{Kind: Shared}})
	code := t.exitCode()
	if app := t.procs[t.m.app]; code != 0 && (t.cause != none || app.killed || app.run == 0) {
		if !t.begins || !t.told { // otherwise the line before it says so
			t.report("exit code " + strconv.Itoa(code) + ": " + t.explain())
		}
		t.do(Explain{t.explain()})
	}
	t.do(Finish{code})
}

// exitCode is the app's, unless a sidecar's end or a failure of the app's began the stop: then it is never 0.
func (t *step) exitCode() int {
	app := t.procs[t.m.app]
	switch {
	case t.cause != none && (t.cause != t.m.app || !app.done):
		return max(1, t.procs[t.cause].code)
	case app.phase == Ended || app.phase == Lingering:
		return app.code
	case app.phase == Skipped:
		return 128 + int(t.signal)
	default:
		return 128 + int(syscall.SIGKILL)
	}
}
