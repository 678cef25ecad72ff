package machine

import (
	"syscall"
	"time"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// Event is something that happened. At is the time since the supervisor's start; it never runs backwards.
type Event interface{ at() time.Duration }

// At is when an Event happened, since the supervisor's start.
type At time.Duration

func (a At) at() time.Duration { return time.Duration(a) }

// The events.
type (
	// Begun is the first event of every history.
	Begun struct{ At }
	// Spawned says that the process that an earlier Spawn asked for runs.
	Spawned struct {
		At
		Proc int
	}
	// Exited says that a process has ended and was awaited, or, where Reason is set, that it could not be started.
	Exited struct {
		At
		Proc   int
		Code   int    // the exit status, or 128 + the signal that ended it
		Signal string // the name of that signal; empty where it exited
		Detail string // what is known of the cause besides, as the end of a sentence
		Reason string // why it could not be started
		Left   int    // how many processes it has left behind; where there are any, a Cleared follows
	}
	// Cleared says that nothing is left any more of what an ended process had started.
	Cleared struct {
		At
		Proc int
	}
	// Probed is one result of a probe that runs.
	Probed struct {
		At
		Proc   int
		Run    int // the Spawn's Run that the probe was started for
		Kind   plan.ProbeKind
		Passed bool
		Reason string // why it did not pass
	}
	// Exceeded says that a process and those below it use more memory than its share. It comes once for each time that they begin to.
	Exceeded struct {
		At
		Proc int
		Run  int // the Spawn's Run that was measured
		Used plan.Size
	}
	// PreStopped says that a pre-stop has ended.
	PreStopped struct {
		At
		Proc    int
		Run     int    // the RunPreStop's
		Problem string // why it failed; empty where it went well
	}
	// Signalled says that the supervisor itself got a signal.
	Signalled struct {
		At
		Signal syscall.Signal
	}
	// Expired says that a timer that was set has run out.
	Expired struct {
		At
		Timer Timer
	}
	// RestartAsked is a person's wish to restart a process; it is answered by an Answer.
	RestartAsked struct {
		At
		Proc int
	}
	// StopAsked is a person's wish to have a sidecar stopped, and not started again until somebody wants that; it is answered by an Answer.
	StopAsked struct {
		At
		Proc int
	}
	// StartAsked is a person's wish to start a sidecar that doesn't run; it is answered by an Answer.
	StartAsked struct {
		At
		Proc int
	}
	// Changed says that something in a process's OnChange has changed, and is quiet.
	Changed struct {
		At
		Proc int
		Path string
	}
	// DrainAsked is a person's wish to stop all, as a SIGTERM does; it is answered by an Answer.
	DrainAsked struct{ At }
)

// Action is something that the runtime has to carry out, in the order given.
type Action interface{ action() }

// The actions.
type (
	// Spawn starts a process, which is answered by Spawned or Exited.
	Spawn struct{ Proc, Run int }
	// Signal sends a signal to a process that runs.
	Signal struct {
		Proc   int
		Signal syscall.Signal
	}
	// SignalRest sends a signal to all that a process which has ended has left behind.
	SignalRest struct {
		Proc   int
		Signal syscall.Signal
		Why    string // to be told together with what is killed; empty: nothing
	}
	// SetTimer starts or restarts a timer, which is answered by Expired, never too early.
	SetTimer struct {
		Timer Timer
		After time.Duration
	}
	// CancelTimer ends a timer: no Expired comes after it. One that isn't set is left alone.
	CancelTimer struct{ Timer Timer }
	// StartProbe starts to probe a process, every result of which is a Probed.
	StartProbe struct {
		Proc, Run int
		Kind      plan.ProbeKind
	}
	// StopProbe ends it.
	StopProbe struct {
		Proc int
		Kind plan.ProbeKind
	}
	// RunPreStop has a process's pre-stop done, which is answered by PreStopped.
	RunPreStop struct{ Proc, Run int }
	// EndPreStop ends it before that, unanswered.
	EndPreStop struct{ Proc int }
	// Report tells people something, in one line.
	Report struct {
		Level Level
		Text  string
	}
	// Answer answers a person's wish; an empty Refused means that it is done.
	Answer struct{ Refused string }
	// Explain says in one sentence, for whoever looks at the container from outside, why it ends. A later one replaces it.
	Explain struct{ Text string }
	// Finish ends the supervisor with an exit code. It is the last action of every history.
	Finish struct{ Code int }
)

func (Spawn) action()       {}
func (Signal) action()      {}
func (SignalRest) action()  {}
func (SetTimer) action()    {}
func (CancelTimer) action() {}
func (StartProbe) action()  {}
func (StopProbe) action()   {}
func (RunPreStop) action()  {}
func (EndPreStop) action()  {}
func (Report) action()      {}
func (Answer) action()      {}
func (Explain) action()     {}
func (Finish) action()      {}

// Timer names a timer. There is at most one of each name.
type Timer struct {
	Kind TimerKind
	Proc int // 0 for Budget, GiveUp, Waits and Shared, which are the supervisor's own
}

// TimerKind says what a timer is for.
type TimerKind int

// The timers.
const (
	Backoff TimerKind = iota // till a process is started again
	Grace                    // till a process that was told to stop is killed
	Budget                   // till all that is left is killed
	GiveUp                   // till a killed process that does not go is left behind
	Waits                    // till it is told who waits for whom
	Drain                    // till a process that is to stop is told so
	Shared                   // till an end is no longer explained by a SIGTERM that may yet come
)

// Level says who wants to read a Report.
type Level int

// The levels.
const (
	Debug Level = iota // every start, stop and probe
	Info               // what is out of the ordinary
)
