package machine

import (
	"time"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// View is what others may know of one process: a copy, which no later Step changes.
type View struct {
	Phase   Phase
	Run     int    // how often it was spawned
	Health  Health // Unprobed where it has no probe or does not run
	Done    bool   // it has ended for good, and well
	LastEnd string // how its last run ended, as the end of a sentence; empty where none has
	Times
	Waits        []Wait        // what it waits for before it is started
	WaitingSince time.Duration // since when
}

// Times are when what happened in a process's present or last run, since the supervisor's start; 0 where it has not.
type Times struct {
	Spawned, Started, Ready, Ended time.Duration
	Faltered                       time.Duration // when it failed first, in any run
}

// Wait is one thing that a process waits for.
type Wait struct {
	For       string // the name of a process
	Condition plan.Condition
	Answer    string // why it does not hold yet: what that process does, or how its probe was answered last
}

// Health is what the probes of a running process say of it.
type Health int

// The healths.
const (
	Unprobed Health = iota
	Starting        // its startup probe has not passed yet
	NotReady        // its readiness probe does not pass
	Ready
)

func (h Health) String() string { return [...]string{"", "starting", "not ready", "ready"}[h] }

// View returns what is known of process i of the plan's Processes.
func (s State) View(i int) View {
	p := s.procs[i]
	v := View{Phase: p.phase, Run: p.run, LastEnd: p.end, Times: p.times, Done: p.completed()}
	if p.draining {
		v.Phase = Draining
	}
	if p.phase == Running || p.phase == Stopping {
		v.Health = s.health(i)
	}
	if p.phase == Waiting {
		v.WaitingSince = p.since
		for _, e := range s.m.specs[i].needs {
			if s.awaits(e) {
				v.Waits = append(v.Waits, Wait{s.m.specs[e.On].Name, e.Condition, s.standing(e)})
			}
		}
	}
	return v
}

func (s State) health(i int) Health {
	p := s.procs[i]
	switch {
	case s.m.specs[i].probes == [plan.ProbeKinds]*plan.Probe{}:
		return Unprobed
	case !p.started:
		return Starting
	case !p.ready:
		return NotReady
	}
	return Ready
}

// Stopping reports whether the end of all has begun.
func (s State) Stopping() bool { return s.stopping }
