package machine

import (
	"cmp"
	"slices"
	"syscall"
	"time"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

const (
	backoffFirst = 1.0              // seconds: the wait before a first restart; it doubles with each
	backoffMost  = 60.0             // up to this
	backoffQuiet = 10 * time.Minute // and starts anew after a run as long as this

	sidecarsReserve = time.Second      // of the stop budget is kept from the app for the sidecars behind it
	hastyBudget     = time.Second      // is what a second SIGTERM leaves of the stop budget
	firstWait       = 5 * time.Second  // after which it is told who waits
	nextWait        = 30 * time.Second // and told again

	giveUpDelay = 500 * time.Millisecond // is what a killed process gets, in the kernel's hands, before it is left behind

	sharedWindow   = time.Second            // after an end that is as SIGTERM's, within which one of our own explains it
	failedWindow   = 100 * time.Millisecond // after one with an error of its own
	sharedPatience = 200 * time.Millisecond // is how long such a SIGTERM is waited for at most when nothing is left
)

// Phase is where a process stands.
type Phase int

// The phases.
const (
	Waiting    Phase = iota // for what it depends on
	Spawning                // a Spawn is on its way
	Running                 // and perhaps not yet past its startup probe
	Stopping                // told to stop
	Lingering               // it has ended, and not all that it started
	BackingOff              // it will be started again
	Ended                   // and won't be started again
	Skipped                 // what it waits for can't come any more
	Held                    // somebody has stopped it, and may start it again
	Draining                // it goes on working before it is told to stop; in a View alone, of one that is Stopping
)

func (p Phase) String() string {
	return [...]string{"waiting", "starting", "running", "stopping", "lingering", "backing off", "ended", "skipped", "stopped", "draining"}[p]
}

// State is all that the machine knows. It is a value: Step leaves the one that it is given untouched.
type State struct {
	m        *machine
	procs    []*proc // shared with other States
	stopping bool
	began    time.Duration // when stopping began
	deadline time.Duration // of the stop budget, once stopping
	killing  bool          // the budget is used up
	finished bool
	cause    int            // the process whose end began the stop; none where a signal did
	signal   syscall.Signal // the signal that did
	summons  string         // what began the stop from outside, in words
	terms    int            // how often SIGTERM came
	yielded  time.Duration  // for how long a SIGTERM would explain the end that began the stop
	sharing  bool           // Shared is set
	watching bool           // Waits is set
	hasty    bool           // SIGTERM came again
}

const none = -1

// proc is what is known of one process.
type proc struct {
	phase     Phase
	next      Phase         // what follows Lingering
	run       int           // how often it was spawned
	since     time.Duration // when its present run was spawned, or its present wait began
	times     Times
	started   bool // its startup probe has passed, or it has none
	ready     bool
	why       reason        // why it was told to stop
	told      time.Duration // when it was
	draining  bool          // it is to stop, and not told yet
	hooking   bool          // its pre-stop is being done
	signalled bool          // it was told
	changed   string        // a file of its, for which it is yet to be restarted
	inGrace   bool          // its Grace is set
	killed    bool
	late      string // why it was killed, in words
	code      int    // of its last end
	failure   string // why it is ended, in words, where it has failed
	end       string // how its last run ended, as the end of a sentence
	done      bool   // it ended well, of its own will
	faltered  bool   // it has failed once, in this run or an earlier one
	recent    []time.Duration
	backoff   time.Duration
	probes    [plan.ProbeKinds]tally
}

// tally counts the like results in a row of one probe.
type tally struct {
	active        bool
	passes, fails int
	answer        string // the last one, where it did not pass
}

// reason says why a process was told to stop.
type reason int

const (
	untold    reason = iota
	shutdown         // all are stopped
	unhealthy        // it failed its startup or liveness probe
	oversized        // it exceeded its memory and is to be started again
	evicted          // it exceeded its memory and is to be gone
	asked            // somebody wants it restarted
	held             // somebody wants it stopped
)

// machine is what never changes.
type machine struct {
	kind   string   // the process type, which is what people call the app
	titles []string // what people call each process
	budget time.Duration
	specs  []spec
	app    int
}

type spec struct {
	plan.Process
	needs                     []plan.Edge
	neededBy                  []int
	completes                 bool // somebody waits for its completion, so an exit with 0 is what it is for
	signal                    syscall.Signal
	grace                     time.Duration
	window                    time.Duration
	delay                     time.Duration
	backoffFirst, backoffMost time.Duration
	probes                    [plan.ProbeKinds]*plan.Probe
}

// New is the State before anything has happened. budget is what a stop may take in all.
func New(p plan.Plan, budget time.Duration) State {
	processes, graph := p.Processes(), p.Graph()
	m := &machine{kind: p.Type, titles: p.Titles(), budget: budget, app: len(processes) - 1, specs: make([]spec, len(processes))}
	for i, q := range processes {
		s := &m.specs[i]
		s.Process, s.needs = q, graph[i]
		s.signal = syscall.Signal(plan.StopSignal(q.StopSignal))
		s.grace, s.window = plan.Seconds(q.StopGracePeriodSeconds), plan.Seconds(q.RestartWindowSeconds)
		s.backoffFirst = plan.Seconds(cmp.Or(q.BackoffSeconds, backoffFirst))
		s.backoffMost = max(s.backoffFirst, plan.Seconds(cmp.Or(q.BackoffMaxSeconds, backoffMost)))
		s.delay = plan.Seconds(q.StopDelaySeconds)
		s.probes = q.Probes.All()
		for _, e := range graph[i] {
			on := &m.specs[e.On]
			on.neededBy = append(on.neededBy, i)
			on.completes = on.completes || e.Condition == plan.Completed
		}
	}
	s := State{m: m, procs: make([]*proc, len(processes)), cause: none}
	for i := range s.procs {
		s.procs[i] = &proc{}
	}
	return s
}

// step is one Step on its way: the new state and the actions so far.
type step struct {
	State
	before  []*proc
	now     time.Duration
	yields  time.Duration // for how long a SIGTERM would explain the end that it is of
	begins  bool          // the end of all begins in it
	told    bool          // it has told people something
	actions []Action
}

// Step is what follows from one event: the next state, and what is to be done. It knows no clock and does nothing by itself.
func Step(s State, e Event) (State, []Action) {
	if s.finished {
		return s, nil
	}
	t := &step{State: s, before: s.procs, now: e.at()}
	t.procs = slices.Clone(s.procs)
	switch e := e.(type) {
	case Spawned:
		t.spawned(e.Proc)
	case Exited:
		t.exited(e)
	case Cleared:
		t.cleared(e.Proc)
	case Probed:
		t.probed(e)
	case PreStopped:
		t.preStopped(e)
	case Exceeded:
		t.exceeded(e)
	case Signalled:
		t.signalled(e.Signal)
	case Expired:
		t.expired(e.Timer)
	case RestartAsked:
		t.restartAsked(e.Proc)
	case StopAsked:
		t.stopAsked(e.Proc)
	case StartAsked:
		t.startAsked(e.Proc)
	case Changed:
		t.changed(e.Proc, e.Path)
	case DrainAsked:
		t.drainAsked()
	}
	t.proceed()
	return t.State, t.actions
}

// own returns process i, to be changed: the new state's own.
//
//go:noinline // it is called in many places, and copies much
func (t *step) own(i int) *proc {
	if t.procs[i] == t.before[i] {
		own := *t.procs[i]
		t.procs[i] = &own
	}
	return t.procs[i]
}

func (t *step) do(actions ...Action) { t.actions = append(t.actions, actions...) }

func (t *step) report(text string) {
	t.told = true
	t.do(Report{Info, text})
}

func (t *step) debug(text string) {
	t.do(Report{Debug, text})
}

func (s *State) title(i int) string { return s.m.titles[i] }
