package supervise

import (
	"context"
	"time"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/machine"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// maxHappenings is how many of the latest are kept.
const maxHappenings = 500

// Happening is something that was reported, whether it was said or not. At is the time since the supervisor's start.
type Happening struct {
	At    time.Duration
	Level machine.Level
	Text  string
}

// Link is one process of the chain that held up the app's start. Next waited for it until its condition held.
type Link struct {
	Name    string
	Spawned time.Duration  // since the supervisor's start
	Until   plan.Condition // that the next in the chain waited for; empty for the app, the last
	Held    time.Duration  // when that held, since the supervisor's start; for the app when it was started
}

// Timeline returns the latest happenings and the chain that held up the app's start; the chain is empty where the app was not started yet.
func (r *Supervisor) Timeline() (happenings []Happening, chain []Link) {
	r.onMain(context.Background(), func() {
		happenings = append(happenings, r.happenings...)
		if r.startTimes != nil {
			chain = r.criticalChain(len(r.children) - 1)
		}
	})
	return happenings, chain
}

// happened keeps one more happening.
func (r *Supervisor) happened(level machine.Level, text string) {
	if len(r.happenings) == maxHappenings {
		r.happenings = append(r.happenings[:0], r.happenings[maxHappenings/4:]...)
	}
	r.happenings = append(r.happenings, Happening{time.Since(r.start), level, text})
}

// keepStartTimes keeps what happened when until the app was started for the first time: later runs have other times.
func (r *Supervisor) keepStartTimes() {
	if r.startTimes != nil {
		return
	}
	for i := range r.children {
		r.startTimes = append(r.startTimes, r.state.View(i).Times)
	}
}

// criticalChain returns who held up process i: before it what it waited for last, and before that what that one waited for last.
func (r *Supervisor) criticalChain(i int) []Link {
	graph := r.plan.Graph()
	chain := []Link{{Name: r.children[i].Name, Spawned: r.startTimes[i].Spawned, Held: r.startTimes[i].Spawned}}
	for range r.children { // there are no circles
		last, edge := time.Duration(-1), plan.Edge{}
		for _, e := range graph[i] {
			if at := held(r.startTimes[e.On], e.Condition); at >= last {
				last, edge = at, e
			}
		}
		if last < 0 {
			break
		}
		i = edge.On
		chain = append([]Link{{r.children[i].Name, r.startTimes[i].Spawned, edge.Condition, last}}, chain...)
	}
	return chain
}

// held returns when a condition began to hold.
func held(t machine.Times, condition plan.Condition) time.Duration {
	switch condition {
	case plan.Completed:
		return t.Ended
	case plan.Ready:
		return max(t.Started, t.Ready)
	}
	return max(t.Started, t.Ended) // it may have completed instead
}
