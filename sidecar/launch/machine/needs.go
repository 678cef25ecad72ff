package machine

import (
	"slices"
	"strconv"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// unmet is something that i needs and that does not hold: if possible, something that never will.
func (t *step) unmet(i int) (unmet *plan.Edge, never bool) {
	needs := t.m.specs[i].needs
	for k := range needs {
		e := &needs[k]
		switch {
		case !t.awaits(*e):
		case t.procs[e.On].gone():
			return e, true
		default:
			unmet = e
		}
	}
	return unmet, false
}

// awaits reports whether what an edge asks for does not hold and is worth waiting for.
func (s *State) awaits(e plan.Edge) bool {
	return !s.holds(e) && !(e.Soft && (s.procs[e.On].gone() || s.falters(e.On)))
}

func (s *State) holds(e plan.Edge) bool {
	on := s.procs[e.On]
	started := on.phase == Running && on.started
	switch e.Condition {
	case plan.Ready:
		return started && on.ready
	case plan.Completed:
		return on.completed()
	default:
		return started || on.completed()
	}
}

// falters reports whether a process has failed once, was stopped by somebody, or waits for one that isn't essential and falters.
func (s *State) falters(i int) bool {
	p := s.procs[i]
	if p.faltered || p.phase == Held || p.phase == Lingering && p.next == Held {
		return true
	}
	return p.phase == Waiting && slices.ContainsFunc(s.m.specs[i].needs, func(e plan.Edge) bool {
		return !s.m.specs[e.On].Essential && s.awaits(e) && s.falters(e.On)
	})
}

// gone reports whether a process has ended for good, whatever is left of it.
func (p *proc) gone() bool { return over(p.phase) || p.phase == Lingering && p.next == Ended }

// completed reports whether a process has ended well, and for good.
func (p *proc) completed() bool { return p.phase != Skipped && p.gone() && p.done }

// over reports whether a process is done for good, and nothing is left of it.
func over(p Phase) bool { return p == Ended || p == Skipped }

// need says what an edge asks for.
func (s *State) need(e plan.Edge) string {
	return s.m.specs[e.On].Name + " " + string(e.Condition)
}

// awaited tells whether somebody waits for i who can't go on without it.
func (t *step) awaited(i int) bool {
	return slices.ContainsFunc(t.m.specs[i].neededBy, func(j int) bool {
		return t.procs[j].phase == Waiting &&
			slices.ContainsFunc(t.m.specs[j].needs, func(e plan.Edge) bool { return e.On == i && !e.Soft })
	})
}

// watchWaits has it told when somebody waits for long.
func (t *step) watchWaits() {
	waits := !t.stopping && slices.ContainsFunc(t.procs, func(p *proc) bool { return p.phase == Waiting })
	switch {
	case waits && !t.watching:
		t.do(SetTimer{Timer{Kind: Waits}, firstWait})
	case t.watching && !waits:
		t.do(CancelTimer{Timer{Kind: Waits}})
	}
	t.watching = waits
}

// tellWaits says who waits for whom, and what is missing. Each that is waited for is told once, and with it whom it waits for itself.
func (t *step) tellWaits() {
	told := make([]bool, len(t.procs))
	for i := len(t.procs) - 1; i >= 0; i-- { // the app first
		if t.procs[i].phase != Waiting {
			continue
		}
		told[i] = true
		if waits := t.waitsOf(i, told); waits != "" {
			t.report(t.title(i) + " waits for " + waits)
		}
	}
}

// mostWaits bounds what one line says of one process.
const mostWaits = 3

func (t *step) waitsOf(i int, told []bool) string {
	var all []string
	more := 0
	for _, e := range t.m.specs[i].needs {
		if !t.awaits(e) || told[e.On] {
			continue
		}
		if len(all) == mostWaits {
			more++
			continue
		}
		told[e.On] = true
		all = append(all, t.wish(e)+t.standingOf(e, told))
	}
	if more > 0 {
		all = append(all, "and "+strconv.Itoa(more)+" more")
	}
	return strings.Join(all, "; ")
}

func (t *step) standingOf(e plan.Edge, told []bool) string {
	if t.procs[e.On].phase == Waiting {
		if waits := t.waitsOf(e.On, told); waits != "" {
			return ", which waits for " + waits
		}
	}
	return ": " + t.standing(e)
}

// wish says what somebody waits for.
func (s *State) wish(e plan.Edge) string {
	verb := map[plan.Condition]string{plan.Ready: "to be ready", plan.Completed: "to complete"}[e.Condition]
	if verb == "" {
		verb = "to have started"
	}
	return s.m.specs[e.On].Name + " " + verb
}

// standing says why what an edge asks for does not hold yet.
func (s *State) standing(e plan.Edge) string {
	on := s.procs[e.On]
	switch on.phase {
	case Waiting:
		return "it waits itself"
	case Spawning:
		return "it is being started"
	case BackingOff:
		return "it " + on.end + ", and will be started again"
	case Held:
		return "somebody has stopped it"
	case Ended, Skipped, Lingering:
		return "it " + on.end
	case Stopping:
		return "it is being stopped"
	}
	kind := plan.Readiness
	if !on.started {
		kind = plan.Startup
	}
	switch {
	case e.Condition == plan.Completed:
		return "it still runs"
	case on.probes[kind].answer == "":
		return "no answer yet"
	}
	return on.probes[kind].answer
}
