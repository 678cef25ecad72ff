package machine

import (
	"slices"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// proceed does what has become possible: starts what needs to wait no longer or, once all is stopping, stops what nobody needs any more.
func (t *step) proceed() {
	if !t.stopping {
		t.startReady()
	}
	t.watchWaits()
	if t.stopping {
		t.stopUnneeded()
	}
}

// startReady gives up those whose dependencies never will hold, and then starts those whose dependencies do, and those again of
// which a file has changed.
func (t *step) startReady() {
	for t.skipBroken() {
		// until nobody has waited for those that were given up
	}
	for i, p := range t.procs {
		runsOn := p.phase == Running && p.changed != ""
		if p.phase != Waiting && !runsOn {
			continue
		}
		switch e, _ := t.unmet(i); {
		case e != nil:
		case runsOn:
			t.report(p.changed + " has changed; restarting " + t.title(i))
			t.stop(i, asked)
		default:
			t.tellMissing(i)
			t.spawn(i)
		}
	}
}

// tellMissing says without whom a process is started, of those whose end has not been told already.
func (t *step) tellMissing(i int) {
	for _, e := range t.m.specs[i].needs {
		if e.Soft && !t.holds(e) && !t.procs[e.On].gone() {
			t.report(t.title(i) + " starts without " + t.title(e.On) + ": " + t.standing(e))
		}
	}
}

// skipBroken gives up those whose dependencies never will hold and tells whether there were any.
func (t *step) skipBroken() (skipped bool) {
	for i := range t.procs {
		if t.procs[i].phase != Waiting {
			continue
		}
		if e, never := t.unmet(i); never {
			t.skip(i, *e)
			skipped = true
		}
	}
	return skipped
}

// skip gives up a process that can't be started, since what it needs can't be any more.
func (t *step) skip(i int, e plan.Edge) {
	p, on := t.own(i), t.procs[e.On]
	p.phase, p.code = Skipped, on.code
	p.end = "needs " + t.need(e) + ", which " + on.end
	t.lost(i, p.sentence())
}

func (t *step) spawn(i int) {
	p := t.own(i)
	recent := p.recent
	if p.run > 0 && p.why != asked {
		recent = append(slices.Clone(recent), t.now)
	}
	*p = proc{
		phase: Spawning, run: p.run + 1, since: t.now, recent: recent, backoff: p.backoff, end: p.end, faltered: p.faltered,
		times: Times{Spawned: t.now, Faltered: p.times.Faltered},
	}
	t.do(Spawn{i, p.run})
}

func (t *step) spawned(i int) {
	p := t.own(i)
	if p.phase != Spawning {
		return
	}
	p.phase = Running
	t.debug(t.title(i) + " started")
	switch {
	case t.killing:
		p.phase = Stopping
		t.kill(i)
	case p.why != untold:
		t.stop(i, p.why)
	case t.stopping: // its turn comes
	case t.m.specs[i].probes[plan.Startup] != nil:
		t.startProbe(i, plan.Startup)
	default:
		t.started(i)
	}
}

// started is the end of a process's start.
func (t *step) started(i int) {
	p := t.own(i)
	p.started, p.times.Started = true, t.now
	if t.m.specs[i].probes[plan.Readiness] == nil {
		p.ready, p.times.Ready = true, t.now
	}
	t.startProbe(i, plan.Readiness)
	t.startProbe(i, plan.Liveness)
}
