package machine

import (
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// exited takes note of an end and decides what it means. What the process has left behind has to end before anything follows from that but
// the end of all.
func (t *step) exited(e Exited) {
	i, p := e.Proc, t.own(e.Proc)
	if p.phase != Spawning && p.phase != Running && p.phase != Stopping {
		return
	}
	t.stopProbes(i)
	t.endDrain(i)
	p.end = t.endingOf(e)
	p.phase, p.next, p.started, p.ready = Lingering, Ended, false, false
	p.code, p.done = e.Code, t.m.specs[i].Succeeds(e.Code) && e.Reason == "" && p.failure == ""
	if p.failure != "" {
		p.code = 1 // what it exits with is our doing
	}
	p.times.Ended = t.now
	if p.why == untold && p.failure == "" {
		t.yields = t.m.specs[i].yields(e)
	}
	switch {
	case t.stopping:
		t.debug(t.title(i) + " " + p.end)
	case i != t.m.app:
		t.sidecarEnded(i)
	case e.Reason != "":
		t.lost(i, p.end)
	default:
		t.appEnded()
	}
	if e.Left == 0 {
		t.cleared(i)
	} else {
		t.linger(i)
	}
}

// appEnded begins the end of all. An end with 0 is what jobs come to, and nothing to speak of.
func (t *step) appEnded() {
	p := t.procs[t.m.app]
	if p.done || !slices.ContainsFunc(t.procs[:t.m.app], func(q *proc) bool { return !over(q.phase) }) {
		t.debug(t.title(t.m.app) + " " + p.end)
	} else {
		t.report(t.title(t.m.app) + " " + p.end + "; stopping its sidecars")
	}
	t.beginStop(t.m.app)
}

// linger tells what a process has left behind to stop. It has what is left of the process's grace, or all of it where the process was not
// told.
func (t *step) linger(i int) {
	p := t.own(i)
	switch {
	case t.killing:
		t.endGrace(i)
		p.killed = false // what was killed may have begun others
		t.kill(i)
	case p.killed:
		t.killRest(i, "")
	default:
		t.do(SignalRest{Proc: i, Signal: t.m.specs[i].signal})
		if !p.inGrace {
			t.startGrace(i)
		}
	}
}

// killRest ends what a process has left behind, without asking, and leaves behind what doesn't go.
func (t *step) killRest(i int, why string) {
	p := t.own(i)
	p.killed, p.inGrace = true, true
	t.do(SignalRest{i, syscall.SIGKILL, why}, SetTimer{Timer{Grace, i}, giveUpDelay})
}

// cleared goes on when nothing is left any more of a process that has ended.
func (t *step) cleared(i int) {
	p := t.own(i)
	if p.phase != Lingering {
		return
	}
	t.endGrace(i)
	if p.phase = p.next; p.phase == BackingOff {
		t.do(SetTimer{Timer{Backoff, i}, p.backoff})
		p.backoff = min(2*p.backoff, t.m.specs[i].backoffMost)
	}
}

// sidecarEnded decides whether a sidecar is started again, has done what it is for, or is lost.
func (t *step) sidecarEnded(i int) {
	p, s := t.own(i), &t.m.specs[i]
	switch {
	case p.why == asked:
		p.next, p.since = Waiting, t.now
		return
	case p.why == held:
		p.next = Held
		return
	case p.why == evicted:
		t.lost(i, p.end)
	case p.why == oversized, s.restarts(p):
		t.restartLater(i)
	case p.done && p.why == untold && s.completes:
		t.debug(t.title(i) + " " + p.end)
		return
	default:
		t.lost(i, p.end)
	}
	t.falter(p)
}

// falter keeps that a process has failed: whoever waits for it and can go on without it does.
func (t *step) falter(p *proc) {
	if !p.faltered {
		p.faltered, p.times.Faltered = true, t.now
	}
}

// restarts reports whether a process is started again after its end: by the rules for its exit code, where it has one of its own, and else
// by its policy.
func (s *spec) restarts(p *proc) bool {
	if p.failure == "" && slices.Contains(s.NoRestartOnExitCodes, p.code) {
		return false
	}
	if p.failure == "" && slices.Contains(s.RestartOnExitCodes, p.code) {
		return true
	}
	return s.Restart == plan.Always || s.Restart == plan.OnFailure && !p.done
}

// restartLater starts a sidecar again after its backoff, unless it has had all its restarts.
func (t *step) restartLater(i int) {
	p, s := t.own(i), &t.m.specs[i]
	p.recent = slices.DeleteFunc(slices.Clone(p.recent), func(at time.Duration) bool { return t.now-at >= s.window })
	if len(p.recent) >= s.MaxRestarts {
		window := strconv.FormatFloat(s.RestartWindowSeconds, 'g', -1, 64)
		p.end += " and has used up its restarts (" + strconv.Itoa(s.MaxRestarts) + " within " + window + "s)"
		t.lost(i, p.end)
		return
	}
	if p.backoff == 0 || t.now-p.since >= backoffQuiet {
		p.backoff = s.backoffFirst
	}
	p.next = BackingOff
	t.report(t.title(i) + " " + p.end + "; restarting it in " + p.backoff.String())
}

// retry starts a process again after its backoff, or as soon as what it depends on holds again.
func (t *step) retry(i int) {
	p := t.own(i)
	p.phase, p.since = Waiting, t.now
	if e, never := t.unmet(i); e != nil && !never {
		t.report(t.title(i) + " is not restarted yet: it needs " + t.need(*e))
	}
}

// lost is a sidecar's, or an unstartable app's, end for good: the end of all where it is essential.
func (t *step) lost(i int, text string) {
	switch {
	case i == t.m.app:
		t.report(t.title(i) + " " + text)
	case t.m.specs[i].Essential:
		t.report(t.title(i) + " " + text + "; stopping " + t.m.kind)
	case t.awaited(i):
		t.report(t.title(i) + " " + text)
		return
	case t.procs[t.m.app].phase == Waiting:
		t.report(t.title(i) + " " + text + "; " + t.m.kind + " starts without it")
		return
	default:
		t.report(t.title(i) + " " + text + "; " + t.m.kind + " goes on without it")
		return
	}
	t.beginStop(i)
}
