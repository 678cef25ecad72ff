package supervise

import (
	"syscall"
	"time"

	"github.com/sidecar-buildpack/sidecar/sidecar/memory"
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
		Reason string // why it could not be started
	}
	// Probed is one result of a probe that runs.
	Probed struct {
		At
		Proc   int
		Run    int // the Spawn's Run that the probe was started for
		Kind   ProbeKind
		Passed bool
		Reason string // why it did not pass
	}
	// Exceeded says that a process and those below it use more memory than its share. It comes once for each time that they begin to.
	Exceeded struct {
		At
		Proc int
		Run  int // the Spawn's Run that was measured
		Used memory.Size
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
		Kind      ProbeKind
	}
	// StopProbe ends it.
	StopProbe struct {
		Proc int
		Kind ProbeKind
	}
	// Report tells people something, in one line.
	Report struct {
		Level Level
		Text  string
	}
	// Answer answers a RestartAsked; an empty Refused means that it is done.
	Answer struct{ Refused string }
	// Finish ends the supervisor with an exit code. It is the last action of every history.
	Finish struct{ Code int }
)

func (Spawn) action()       {}
func (Signal) action()      {}
func (SetTimer) action()    {}
func (CancelTimer) action() {}
func (StartProbe) action()  {}
func (StopProbe) action()   {}
func (Report) action()      {}
func (Answer) action()      {}
func (Finish) action()      {}

// Timer names a timer. There is at most one of each name.
type Timer struct {
	Kind TimerKind
	Proc int // 0 for Budget and GiveUp, which are the supervisor's own
}

// TimerKind says what a timer is for.
type TimerKind int

// The timers.
const (
	Backoff TimerKind = iota // till a process is started again
	Grace                    // till a process that was told to stop is killed
	Budget                   // till all that is left is killed
	GiveUp                   // till a killed process that does not go is left behind
)

// ProbeKind is one of Kubernetes' three probes.
type ProbeKind int

// The probes.
const (
	Startup ProbeKind = iota
	Readiness
	Liveness
	probeKinds = iota
)

func (k ProbeKind) String() string { return [...]string{"startup", "readiness", "liveness"}[k] }

// Level says who wants to read a Report.
type Level int

// The levels.
const (
	Debug Level = iota // every start, stop and probe
	Info               // what is out of the ordinary
)
