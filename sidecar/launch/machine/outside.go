package machine

import (
	"strings"
	"syscall"
	"time"
)

// signalled passes a signal on to the app; SIGTERM, and before the app runs whatever else would have ended it, stops all.
func (t *step) signalled(sig syscall.Signal) {
	app := t.procs[t.m.app]
	switch {
	case sig == syscall.SIGTERM:
		t.terminated()
	case app.phase == Running || app.phase == Stopping:
		t.do(Signal{t.m.app, sig})
	case app.phase == Lingering:
		t.do(SignalRest{Proc: t.m.app, Signal: sig})
	case !t.stopping && nameOf(sig) != "":
		t.summon(sig, nameOf(sig)+" came")
	}
}

// terminated begins the end of all, finds out that what began it was this same signal, or hurries.
func (t *step) terminated() {
	t.terms++
	switch {
	case t.terms > 1:
		t.hurry()
	case !t.stopping:
		t.summon(syscall.SIGTERM, nameOf(syscall.SIGTERM)+" came")
	case t.isShared():
		t.share()
	}
}

// summon begins the end of all for somebody outside.
func (t *step) summon(sig syscall.Signal, summons string) {
	t.signal, t.summons = sig, summons
	t.report(t.summons + "; stopping " + t.m.kind)
	t.beginStop(none)
}

func (t *step) expired(timer Timer) {
	p := t.own(timer.Proc)
	switch timer.Kind {
	case Backoff:
		if p.phase == BackingOff {
			t.retry(timer.Proc)
		}
	case Grace:
		if p.inGrace {
			p.inGrace = false
			t.endOfGrace(timer.Proc)
		}
	case Budget:
		if t.stopping && !t.killing {
			t.endBudget()
		}
	case Drain:
		t.drained(timer.Proc)
	case Waits:
		if t.watching {
			t.tellWaits()
			t.do(SetTimer{Timer{Kind: Waits}, nextWait})
		}
	case Shared:
		if t.sharing {
			t.yielded = 0
		}
	case GiveUp:
		if t.killing {
			t.report(strings.Join(t.alive(), ", ") + " can't be killed; leaving it")
			t.finish()
		}
	}
}

// endOfGrace kills what has not ended by itself, and leaves behind what can't be killed.
func (t *step) endOfGrace(i int) {
	p := t.own(i)
	late := "has not ended " + (t.now - p.told).Round(10*time.Millisecond).String() + " after " + t.m.specs[i].StopSignal
	switch {
	case p.phase == Lingering && p.killed:
		t.report("what is left of " + t.title(i) + " can't be killed; leaving it")
		t.cleared(i)
	case p.phase == Lingering:
		t.killRest(i, late)
	case p.phase == Stopping && !p.killed:
		t.report(t.title(i) + " " + late + "; killing it")
		p.late = "it " + late
		t.kill(i)
	}
}

// restartAsked restarts a sidecar for somebody who wants that, or says why not.
func (t *step) restartAsked(i int) {
	if refused := t.refusal(i); refused != "" {
		t.do(Answer{t.title(i) + " " + refused})
		return
	}
	p, done := t.own(i), "restarted"
	switch {
	case p.phase == BackingOff:
		t.do(CancelTimer{Timer{Backoff, i}})
		p.phase, p.why, p.since = Waiting, asked, t.now
	case over(p.phase), p.phase == Held:
		done = "started"
		p.phase, p.why, p.since = Waiting, asked, t.now
	case p.phase == Lingering:
		p.next, p.why, p.since = Waiting, asked, t.now
	default:
		t.stop(i, asked)
	}
	t.report(t.title(i) + " is " + done + " as asked")
	t.do(Answer{})
}

// refusal says why a process can't be restarted now; it is empty where it can.
func (t *step) refusal(i int) string {
	e, _ := t.unmet(i)
	switch {
	case i == t.m.app:
		return "is the app: to restart it, restart the container"
	case t.stopping:
		return "can't be restarted: everything is being stopped"
	case e != nil:
		return "can't be started now: it needs " + t.need(*e)
	}
	return ""
}

// nameOf returns the name of a signal that stops all, at least before the app runs; empty for any other.
func nameOf(sig syscall.Signal) string {
	switch sig {
	case syscall.SIGTERM:
		return "SIGTERM"
	case syscall.SIGINT:
		return "SIGINT"
	case syscall.SIGQUIT:
		return "SIGQUIT"
	case syscall.SIGHUP:
		return "SIGHUP"
	}
	return ""
}
