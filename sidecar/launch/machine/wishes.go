package machine

import (
	"syscall"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// stopAsked stops a sidecar for somebody who wants that, whatever its restart policy, or says why not.
func (t *step) stopAsked(i int) {
	switch {
	case i == t.m.app:
		t.do(Answer{t.title(i) + " is the app: to stop it, stop the container"})
		return
	case t.stopping:
		t.do(Answer{t.title(i) + " can't be stopped alone: everything is being stopped"})
		return
	}
	switch p := t.own(i); {
	case over(p.phase), p.phase == Held:
		t.do(Answer{}) // it doesn't run already
		return
	case p.phase == Waiting:
		p.phase = Held
	case p.phase == BackingOff:
		t.do(CancelTimer{Timer{Backoff, i}})
		p.phase = Held
	case p.phase == Lingering && !p.gone():
		p.next = Held
	case p.phase == Spawning, p.phase == Running, p.phase == Stopping:
		t.stop(i, held)
	}
	t.report(t.title(i) + " is stopped as asked")
	t.do(Answer{})
}

// startAsked starts a sidecar that doesn't run for somebody who wants that, or says why not.
func (t *step) startAsked(i int) {
	if refused := t.refusal(i); refused != "" {
		t.do(Answer{t.title(i) + " " + refused})
		return
	}
	switch p := t.own(i); p.phase {
	case Spawning:
		if p.why == held {
			p.why = untold
		}
	case Stopping:
		p.why = asked
		t.report(t.title(i) + " is started again as asked")
	case Waiting, Running:
	default:
		t.restartAsked(i)
		return
	}
	t.do(Answer{})
}

// drainAsked begins the end of all for somebody who wants that. A SIGTERM that follows is the first.
func (t *step) drainAsked() {
	if !t.stopping {
		t.summon(syscall.SIGTERM, "drain was asked for")
	}
	t.do(Answer{})
}

// changed does what is declared for a process one of whose files has changed. One that doesn't run reads them when it starts.
func (t *step) changed(i int, path string) {
	p, on := t.procs[i], t.m.specs[i].OnChange
	switch {
	case on == nil || t.stopping || p.phase != Running:
	case on.Do == plan.DoRestart:
		t.own(i).changed = path // startReady restarts it as soon as it could be started again
		if e, never := t.unmet(i); never {
			t.report(path + " has changed; " + t.title(i) + " is not restarted: it needs " + t.need(*e) + ", which " + t.procs[e.On].end)
		} else if e != nil {
			t.report(path + " has changed; " + t.title(i) + " is not restarted yet: it needs " + t.need(*e))
		}
	default:
		t.debug(path + " has changed; sending " + on.Do + " to " + t.title(i))
		t.do(Signal{i, syscall.Signal(plan.StopSignal(on.Do))})
	}
}
