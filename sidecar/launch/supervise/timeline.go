package supervise

import (
	"cmp"
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
	Spawned time.Duration // since the supervisor's start
	Until   string        // the condition that the next in the chain waited for, or Failed; empty for the app, the last
	Held    time.Duration // when that was, since the supervisor's start; for the app when it was started
}

// Failed is what a Link held up the next until, where that went on without it.
const Failed = "failed"

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
		on, last := -1, Link{Held: -1}
		for _, e := range graph[i] {
			if until, at := held(r.startTimes[e.On], e); at >= last.Held {
				on, last = e.On, Link{r.children[e.On].Name, r.startTimes[e.On].Spawned, until, at}
			}
		}
		if on < 0 {
			break
		}
		i, chain = on, append([]Link{last}, chain...)
	}
	return chain
}

// held returns until what an edge held up whoever waits, and when that was.
func held(t machine.Times, e plan.Edge) (until string, at time.Duration) {
	switch e.Condition {
	case plan.Completed:
		at = t.Ended
	case plan.Ready:
		at = t.Ready
	default:
		at = cmp.Or(t.Started, t.Ended) // it may have completed instead
	}
	if e.Soft && t.Faltered > 0 && (at == 0 || t.Faltered < at) {
		return Failed, t.Faltered
	}
	return string(e.Condition), at
}
