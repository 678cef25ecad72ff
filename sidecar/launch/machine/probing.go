package machine

import (
	"strconv"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func (t *step) startProbe(i int, kind plan.ProbeKind) {
	if t.m.specs[i].probes[kind] != nil {
		t.own(i).probes[kind] = tally{active: true}
		t.do(StartProbe{i, t.procs[i].run, kind})
	}
}

func (t *step) stopProbe(i int, kind plan.ProbeKind) {
	if t.procs[i].probes[kind].active {
		t.own(i).probes[kind].active = false
		t.do(StopProbe{i, kind})
	}
}

func (t *step) stopProbes(i int) {
	for kind := range plan.ProbeKind(plan.ProbeKinds) {
		t.stopProbe(i, kind)
	}
}

// probed counts one result and acts when a threshold is reached.
func (t *step) probed(e Probed) {
	p := t.own(e.Proc)
	count, settings := &p.probes[e.Kind], t.m.specs[e.Proc].probes[e.Kind]
	if !count.active || e.Run != p.run {
		return // a late result
	}
	if count.answer = e.Reason; e.Passed {
		count.passes, count.fails = count.passes+1, 0
	} else {
		count.passes, count.fails = 0, count.fails+1
	}
	switch {
	case count.passes >= settings.SuccessThreshold:
		t.passed(e.Proc, e.Kind)
	case count.fails >= settings.FailureThreshold:
		t.failed(e.Proc, e.Kind, e.Reason)
	}
}

func (t *step) passed(i int, kind plan.ProbeKind) {
	p := t.own(i)
	switch {
	case kind == plan.Startup:
		t.debug(t.title(i) + " passed its startup probe")
		t.stopProbe(i, plan.Startup)
		t.started(i)
	case kind == plan.Readiness && !p.ready:
		p.ready = true
		if p.times.Ready == 0 {
			p.times.Ready = t.now
		}
		t.debug(t.title(i) + " is ready")
	}
}

func (t *step) failed(i int, kind plan.ProbeKind, why string) {
	p := t.own(i)
	t.falter(p)
	if kind == plan.Readiness {
		switch {
		case p.ready:
			p.ready = false
			t.report(t.title(i) + " is not ready any more: " + why)
		case p.probes[kind].fails == t.m.specs[i].probes[kind].FailureThreshold:
			t.report(t.title(i) + " is not ready yet: " + why)
		}
		return
	}
	p.failure = "failed its " + kind.String() + " probe (" + why + ")"
	fails := strconv.Itoa(p.probes[kind].fails)
	t.report(t.title(i) + " failed its " + kind.String() + " probe " + fails + " times: " + why + "; ending it")
	if i == t.m.app {
		t.beginStop(i)
		return
	}
	t.stop(i, unhealthy)
}

// exceeded does what the process's memory-policy says.
func (t *step) exceeded(e Exceeded) {
	p, s := t.own(e.Proc), &t.m.specs[e.Proc]
	if p.phase != Running || e.Run != p.run || t.stopping {
		return
	}
	used := e.Used.Short()
	if used == s.Memory.Short() { // it has a little too much
		used = strconv.FormatInt(int64(e.Used/plan.K), 10) + "K"
	}
	text := "uses " + used + ", more than its " + s.Memory.Short() + " of memory"
	switch s.MemoryPolicy {
	case plan.RestartOver:
		t.report(t.title(e.Proc) + " " + text + "; restarting it")
		p.failure = text
		t.stop(e.Proc, oversized)
	case plan.StopOver:
		t.report(t.title(e.Proc) + " " + text + "; stopping it")
		p.failure = text
		t.stop(e.Proc, evicted)
	default:
		t.report(t.title(e.Proc) + " " + text)
	}
}
