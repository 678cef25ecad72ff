package machine

import "time"

// drains reports whether a process that is to stop goes on working for a while before it is told. One that has failed, or that must hurry,
// doesn't.
func (t *step) drains(i int) bool {
	s := &t.m.specs[i]
	return (s.delay > 0 || s.PreStop != nil) && t.procs[i].failure == "" && !t.hasty
}

// drain lets a process go on working for its delay, and then has its pre-stop done.
func (t *step) drain(i int) {
	t.own(i).draining = true
	if delay := t.atMostHalf(t.m.specs[i].delay); delay > 0 {
		t.do(SetTimer{Timer{Drain, i}, delay})
	} else {
		t.preStop(i)
	}
}

// atMostHalf returns d or, where all are stopping, half of what the budget leaves if that is less.
func (t *step) atMostHalf(d time.Duration) time.Duration {
	if !t.stopping {
		return d
	}
	return min(d, max(0, t.deadline-t.now)/2)
}

func (t *step) preStop(i int) {
	p, s := t.own(i), &t.m.specs[i]
	if s.PreStop == nil {
		t.tellNow(i)
		return
	}
	p.hooking = true
	t.do(RunPreStop{i, p.run}, SetTimer{Timer{Drain, i}, t.atMostHalf(t.graceOf(i))})
}

// preStopped is the end of a pre-stop. Whether it went well or not, the process is told.
func (t *step) preStopped(e PreStopped) {
	p := t.own(e.Proc)
	if !p.hooking || e.Run != p.run {
		return
	}
	p.hooking = false
	if e.Problem != "" {
		t.report("the pre-stop of " + t.title(e.Proc) + " failed: " + e.Problem)
	}
	t.tellNow(e.Proc)
}

// drained is the end of a process's delay, or of its patience with its pre-stop.
func (t *step) drained(i int) {
	p := t.own(i)
	switch {
	case p.hooking:
		t.report("the pre-stop of " + t.title(i) + " has not ended in time")
		t.tellNow(i)
	case p.draining:
		t.preStop(i)
	}
}

// tellNow sends the stop signal to a process.
func (t *step) tellNow(i int) {
	t.endDrain(i)
	t.own(i).signalled = true
	t.do(Signal{i, t.m.specs[i].signal})
	t.startGrace(i)
}

// endDrain ends a process's delay and its pre-stop, which is not to reach into its next run, or its next stop.
func (t *step) endDrain(i int) {
	if t.procs[i].draining {
		p := t.own(i)
		if p.hooking {
			t.do(EndPreStop{i})
		}
		p.draining, p.hooking = false, false
		t.do(CancelTimer{Timer{Drain, i}})
	}
}
