package supervise

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/machine"
)

// Restart restarts a sidecar, whatever its restart policy, and returns what has come of that. It waits for it until gone is closed; where
// gone is nil, not at all.
func (r *Supervisor) Restart(name string, gone <-chan struct{}) (string, error) {
	return r.wish(name, gone, func(i int) machine.Event { return machine.RestartAsked{At: r.now(), Proc: i} }, hasRestarted)
}

// Start starts a sidecar that doesn't run, as Restart does.
func (r *Supervisor) Start(name string, gone <-chan struct{}) (string, error) {
	return r.wish(name, gone, func(i int) machine.Event { return machine.StartAsked{At: r.now(), Proc: i} }, hasStarted)
}

// Stop stops a sidecar, and has it started again only by Start or Restart.
func (r *Supervisor) Stop(name string, gone <-chan struct{}) (string, error) {
	return r.wish(name, gone, func(i int) machine.Event { return machine.StopAsked{At: r.now(), Proc: i} }, hasStopped)
}

// Drain stops everything, as a SIGTERM does. It does not wait for that.
func (r *Supervisor) Drain() {
	r.onMain(context.Background(), func() { r.step(machine.DrainAsked{At: r.now()}) })
}

// outcome is what has come of a wish, as far as that is known.
type outcome struct {
	known bool
	text  string
	err   error
}

// judge looks at a process since before a wish and says what has come of it.
type judge func(before, now machine.View) outcome

// wish gives a person's wish to the machine and, where that is wanted, waits for what comes of it.
func (r *Supervisor) wish(name string, gone <-chan struct{}, event func(i int) machine.Event, judge judge) (string, error) {
	i, err := r.find(name)
	if err != nil {
		return "", err
	}
	outcomes := make(chan outcome, 1)
	r.onMain(context.Background(), func() {
		before := r.state.View(i)
		r.step(event(i))
		switch {
		case r.answer != "":
			outcomes <- outcome{err: errors.New(r.answer)}
		case gone == nil:
			outcomes <- outcome{}
		default:
			r.await(i, before, judge, outcomes, gone)
		}
	})
	var o outcome
	select {
	case o = <-outcomes:
	case <-gone:
	}
	if o.text != "" {
		o.text = r.titles[i] + " " + o.text + "\n"
	}
	return o.text, o.err
}

// await sends what comes of a wish as soon as it is known, unless somebody has gone by then.
func (r *Supervisor) await(i int, before machine.View, judge judge, outcomes chan<- outcome, gone <-chan struct{}) {
	r.awaited = append(r.awaited, func() (done bool) {
		select {
		case <-gone:
			return true
		default:
		}
		o := judge(before, r.state.View(i))
		if !o.known && r.state.Stopping() {
			o = outcome{known: true, err: errors.New("everything is being stopped")}
		}
		if o.known {
			if pid := r.children[i].pid; o.err == nil && pid != 0 {
				o.text += ": PID " + strconv.Itoa(pid)
			}
			outcomes <- o
		}
		return o.known
	})
	r.settle()
}

// settle looks at what is awaited.
func (r *Supervisor) settle() {
	r.awaited = slices.DeleteFunc(r.awaited, func(done func() bool) bool { return done() })
}

// hasRestarted is known once another run has started or failed.
func hasRestarted(before, now machine.View) outcome {
	if now.Run == before.Run && now.Phase != machine.Held && now.Phase != machine.Skipped {
		return outcome{}
	}
	return hasStarted(before, now)
}

func hasStarted(_, now machine.View) outcome {
	switch now.Phase {
	case machine.Running:
		return outcome{known: now.Health != machine.Starting, text: "has started"}
	case machine.Held:
		return outcome{known: true, err: errors.New("somebody has stopped it")}
	case machine.Skipped, machine.Ended, machine.BackingOff, machine.Lingering:
		if now.Done {
			return outcome{known: true, text: now.LastEnd}
		}
		return outcome{known: true, err: errors.New("it " + now.LastEnd)}
	}
	return outcome{}
}

func hasStopped(before, now machine.View) outcome {
	switch now.Phase {
	case machine.Held, machine.Ended, machine.Skipped:
		if now.Run == 0 || before.Phase == now.Phase {
			return outcome{known: true, text: "does not run"}
		}
		return outcome{known: true, text: "has stopped: it " + now.LastEnd}
	case machine.Waiting, machine.Spawning:
		if now.Run > before.Run {
			return outcome{known: true, err: errors.New("somebody has started it again")}
		}
	}
	return outcome{}
}
