package preview_test

import (
	"fmt"
	"math"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/machine"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
	"github.com/sidecar-buildpack/sidecar/sidecar/preview"
)

// history runs the real machine through a start and a stop in which nobody does what it is told.
type history struct {
	state        machine.State
	now          time.Duration
	timers       map[machine.Timer]time.Duration
	told, killed map[int]time.Duration
	finished     bool
}

func (h *history) step(event machine.Event) {
	var actions []machine.Action
	h.state, actions = machine.Step(h.state, event)
	for _, action := range actions {
		switch a := action.(type) {
		case machine.Spawn:
			h.step(machine.Spawned{At: machine.At(h.now), Proc: a.Proc})
		case machine.SetTimer:
			h.timers[a.Timer] = h.now + a.After
		case machine.CancelTimer:
			delete(h.timers, a.Timer)
		case machine.Signal:
			if a.Signal != syscall.SIGKILL {
				h.told[a.Proc] = h.now
				continue
			}
			h.killed[a.Proc] = h.now
			h.step(machine.Exited{At: machine.At(h.now), Proc: a.Proc, Code: 137, Signal: "SIGKILL"})
		case machine.Finish:
			h.finished = true
		}
	}
}

// expire has the timer expire that is the next to.
func (h *history) expire() {
	var next machine.Timer
	at := time.Duration(math.MaxInt64)
	for timer, due := range h.timers {
		if due < at || due == at && timer.Kind == machine.Budget {
			next, at = timer, due
		}
	}
	h.now = at
	delete(h.timers, next)
	h.step(machine.Expired{At: machine.At(at), Timer: next})
}

func randomStop(t *rapid.T) (plan.Plan, float64) {
	seconds := rapid.SampledFrom([]float64{0, 0.5, 1, 2, 5, 20})
	process := func(name string) plan.Process {
		p := plan.Process{Name: name, Restart: plan.Never, Essential: true, StopSignal: "SIGTERM",
			StopGracePeriodSeconds: seconds.Draw(t, "grace"), StopDelaySeconds: seconds.Draw(t, "delay")}
		if rapid.Bool().Draw(t, "pre-stop") {
			p.PreStop = &plan.Hook{Exec: &plan.Exec{Command: []string{"drain"}}}
		}
		return p
	}
	p := plan.Plan{Type: "web", App: process(plan.AppName)}
	for i := range rapid.IntRange(0, 5).Draw(t, "sidecars") {
		s := process(fmt.Sprint("s", i))
		for j := range i {
			if rapid.Bool().Draw(t, "waits") {
				if s.DependsOn == nil {
					s.DependsOn = map[string]plan.Condition{}
				}
				s.DependsOn[fmt.Sprint("s", j)] = plan.Started
			}
		}
		p.Sidecars = append(p.Sidecars, s)
	}
	return p, rapid.SampledFrom([]float64{1, 9, 30, 300}).Draw(t, "budget")
}

func TestAStopIsForetoldAsTheMachineHasIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, budget := randomStop(t)
		h := history{state: machine.New(p, plan.Seconds(budget)), timers: map[machine.Timer]time.Duration{},
			told: map[int]time.Duration{}, killed: map[int]time.Duration{}}
		h.step(machine.Begun{})
		h.step(machine.Signalled{Signal: syscall.SIGTERM})
		for !h.finished {
			h.expire()
		}
		for i, foretold := range preview.Stops(p, budget) {
			if got := h.killed[i].Seconds(); math.Abs(got-foretold.Killed) > 1e-6 {
				t.Fatalf("process %d is killed at %v, not at %v", i, got, foretold.Killed)
			}
			if told, was := h.told[i]; was && math.Abs(told.Seconds()-foretold.Told) > 1e-6 {
				t.Fatalf("process %d is told at %v, not at %v", i, told.Seconds(), foretold.Told)
			}
		}
	})
}
