package supervise

import (
	"math"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/logs"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/machine"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/proc"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/sandbox"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/signals"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// Launch is what a plan leaves open until the container starts.
type Launch struct {
	Processes []Process // as those of plan.Plan.Processes
	Budget    time.Duration
	Level     machine.Level    // the least Report that is told
	Helper    string           // the binary that carries out probes which need TLS, gRPC or a resolver
	Opening   []machine.Report // what there is to say before anything starts
	Signals   *Signals
	LogBuffer int                     // bytes of recent lines that are kept of each process; 0: none
	Control   func(*Supervisor) error // called once the first processes have been started; nil: nobody asks
}

// Process is what a process of the plan is started with.
type Process struct {
	Argv        []string
	Env         []string  // NAME=VALUE
	Share       plan.Size // of the container's memory; 0: none is known
	OOMScoreAdj int       // proc(5); 0: the supervisor's own
	Sandbox     *sandbox.Thread
}

// Run starts the processes of p, supervises them until all have ended and returns the exit code, which is the app's or that of a sidecar
// whose end was the cause. Its caller has locked the main goroutine to the main thread, since the children die with the thread that
// started them (prctl(2), PR_SET_PDEATHSIG).
func Run(p plan.Plan, l Launch) int {
	threads := sync.OnceValue(makeThreads)
	first := threadsFirst(len(l.Processes))
	if first {
		threads()
	}
	if len(l.Processes) > fewProcesses {
		go makeRoom(descriptors * len(l.Processes))
	}
	r := newSupervisor(p, l)
	go r.hearSignals()
	for _, opening := range l.Opening {
		r.perform(opening)
	}
	r.listen()
	if first {
		<-threads()
	}
	r.step(machine.Begun{At: r.now()})
	asked := true // often, while all start, and by those who probe or measure
	r.agenda.after(whileStarting, func() {
		threads()
		r.settleIn()
		asked = r.moved != nil || slices.ContainsFunc(p.Processes(), func(q plan.Process) bool { return q.Probes != plan.Probes{} })
	})
	for r.turn(); !r.finished; r.turn() {
		if asked && !r.state.Stopping() {
			r.agenda.rest()
		} else {
			r.agenda.watch()
		}
	}
	r.sweep()
	r.returnTerminal()
	r.logs.Drain(max(time.Until(r.drainBy), leastDrain))
	return r.code
}

// whileStarting is how long we leave the processors to the processes that have been started.
const whileStarting = 2 * time.Millisecond

// settleIn does what would compete with the start of those processes that are started at once.
func (r *Supervisor) settleIn() {
	r.logs.Copy()
	if r.launch.Control != nil {
		if err := r.launch.Control(r); err != nil {
			r.tell(machine.Info, err.Error())
		}
	}
	r.kills.watch()
	r.watchFiles()
	r.watchMemory()
}

// leastDrain is what those who read our output get to take the last of it, whatever a stop's budget says.
const leastDrain = 200 * time.Millisecond

// Supervisor carries out what the machine decides. Its fields belong to the main goroutine. Others ask things of it by onMain.
type Supervisor struct {
	launch  Launch
	state   machine.State
	pending []machine.Event // those that actions in progress gave rise to
	start   time.Time

	titles   []string // what people call the children
	children []child  // by the plan's Processes
	pids     map[int]func(unix.WaitStatus)

	firstMark    uint64 // that of the first child; see markNext
	kills        kills
	explained    string // the last Explain, and where it ends in the file
	explainedEnd int64

	ends ends

	swamped bool // orphans end faster than they are awaited

	restDue   time.Time // when to look next at what ended processes have left behind
	restAlarm *alarm    // set where that is to happen by itself

	agenda   agenda
	counted  [signals.Last + 1]uint32 // how often each signal had come when that was last asked
	timers   map[machine.Timer]*alarm
	logs     *logs.Logs
	terminal bool // standard input is a terminal of ours, whoever is in its foreground
	null     *os.File
	guard    guard
	moved    chan<- struct{} // see memoryMoved; nil where no memory is watched

	lastWords []<-chan struct{} // of those that have ended, which are awaited before we say more
	hasty     time.Time         // until when they are not

	answer  string               // to the wish in progress
	awaited []func() (done bool) // asked after each step

	plan       plan.Plan
	checks     [][plan.ProbeKinds]checks // by the plan's Processes
	happenings []Happening
	startTimes []machine.Times // by the plan's Processes; nil until the app is started

	finishing bool // the machine's last actions are carried out
	finished  bool
	code      int
	drainBy   time.Time
}

func newSupervisor(p plan.Plan, l Launch) *Supervisor {
	start := time.Now()
	r := &Supervisor{
		launch: l,
		state:  machine.New(p, l.Budget),
		titles: p.Titles(),
		start:  start,
		pids:   map[int]func(unix.WaitStatus){},
		agenda: newAgenda(l.Signals.bell),
		timers: map[machine.Timer]*alarm{},

		counted:   [signals.Last + 1]uint32{unix.SIGCHLD: math.MaxUint32}, // somebody may have ended before that was counted
		firstMark: marks(start),
	}
	r.children = make([]child, 0, len(l.Processes))
	for i, q := range p.Processes() {
		r.children = append(r.children, child{Process: q, argv: l.Processes[i].Argv, env: l.Processes[i].Env})
	}
	r.logs, r.plan, r.checks = logs.New(p), p, make([][plan.ProbeKinds]checks, len(r.children))
	if l.LogBuffer > 0 {
		r.logs.Keep(l.LogBuffer)
	}
	return r
}

// listen makes the process ready to have children: their ends, our signals and what children say are heard, orphans come to us.
func (r *Supervisor) listen() {
	proc.KeepSpare()
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil && os.Getpid() != 1 {
		r.tell(machine.Info, "orphaned processes can't be waited for: prctl: "+err.Error())
	}
	var err error
	if r.null, err = emptyInput(); err != nil {
		r.tell(machine.Info, "sidecars have no standard input: "+err.Error())
	}
	r.terminal = hasTerminal()
	r.listenNotify()
}

func (r *Supervisor) now() machine.At { return machine.At(time.Since(r.start)) }

// turn does all that there is to do by now. While all are being stopped, it looks by itself for who has ended.
func (r *Supervisor) turn() {
	died := r.someoneEnded()
	r.passTerm() // before the ends: whoever tells all processes to end has told us first
	if died || r.swamped || r.state.Stopping() {
		r.reap()
	}
	continued := r.sent(unix.SIGCONT)
	for sig := range syscall.Signal(len(r.counted)) {
		if sig != unix.SIGCHLD && sig != unix.SIGCONT {
			r.pass(sig, r.sent(sig))
		}
	}
	r.pass(unix.SIGCONT, continued) // after those that came before it and stop: whoever sends both means it so
	for n := len(r.agenda.asked); n > 0 && !r.finished; n-- {
		r.attend(<-r.agenda.asked)
	}
	for now := time.Now(); !r.finished; {
		due := r.agenda.due(now)
		if due == nil {
			break
		}
		r.attend(due.do)
	}
}

// attend does something, which may be the end of our patience with a SIGTERM that has come.
func (r *Supervisor) attend(do func()) {
	r.passTerm()
	do()
}

// passTerm gives to the machine each SIGTERM that has come.
func (r *Supervisor) passTerm() { r.pass(unix.SIGTERM, r.sent(unix.SIGTERM)) }

// pass gives a signal to the machine a number of times.
func (r *Supervisor) pass(sig syscall.Signal, times int) {
	for ; times > 0 && !r.finished; times-- {
		r.signalled(sig)
	}
}

// signalled gives a signal to the machine, which knows what it is for.
func (r *Supervisor) signalled(sig syscall.Signal) {
	if sig == movedSignal && r.moved != nil {
		r.memoryMoved()
		return
	}
	r.step(machine.Signalled{At: r.now(), Signal: sig})
}

// step gives an event to the machine and carries out what it says, and then the events that this gave rise to.
func (r *Supervisor) step(e machine.Event) {
	r.pending = append(r.pending, e)
	if len(r.pending) > 1 {
		return
	}
	for ; len(r.pending) > 0; r.pending = r.pending[1:] {
		var actions []machine.Action
		stopped := r.state.Stopping()
		r.state, actions = machine.Step(r.state, r.pending[0])
		r.decide(actions)
		if stopped && slices.ContainsFunc(actions, tellsToStop) {
			r.awaitLastWords() // of who was told before
		}
		// Signals go first: what else there is to do can be done while those who get them act on them.
		for _, first := range []bool{true, false} {
			for _, a := range actions {
				if _, isSignal := a.(machine.Signal); isSignal == first {
					r.perform(a)
				}
			}
		}
	}
	if _, begun := e.(machine.Begun); !begun { // after that it is settleIn's
		r.logs.Copy()
	}
	r.settle()
}

// tellsToStop reports whether a process is sent a signal that it can act on.
func tellsToStop(a machine.Action) bool {
	signal, is := a.(machine.Signal)
	return is && signal.Signal != unix.SIGKILL
}

// decide makes the exit code that is among the actions the supervisor's, before it is said. Where the guard was first, it exits by itself.
func (r *Supervisor) decide(actions []machine.Action) {
	for _, a := range actions {
		end, ok := a.(machine.Finish)
		if ok && r.guard.decide(end.Code) != end.Code {
			select {}
		}
		r.finishing = r.finishing || ok
	}
}

func (r *Supervisor) perform(a machine.Action) {
	switch a := a.(type) {
	case machine.Spawn:
		if a.Proc == len(r.children)-1 {
			r.keepStartTimes()
		}
		r.awaitLastWords() // of a job that it has waited for, say
		r.spawn(a.Proc)
	case machine.Signal:
		r.signal(a.Proc, a.Signal)
	case machine.SignalRest:
		r.signalRest(a)
	case machine.SetTimer:
		r.setTimer(a)
	case machine.CancelTimer:
		r.cancelTimer(a.Timer)
	case machine.StartProbe:
		r.startProbe(a)
	case machine.StopProbe:
		r.children[a.Proc].stopProbe[a.Kind]()
	case machine.RunPreStop:
		r.preStop(a)
	case machine.EndPreStop:
		r.children[a.Proc].endPreStop()
	case machine.Report:
		r.tell(a.Level, a.Text)
	case machine.Answer:
		r.answer = a.Refused
	case machine.Explain:
		r.explain(a.Text)
	case machine.Finish:
		r.finished, r.code = true, a.Code
	}
}

func (r *Supervisor) setTimer(a machine.SetTimer) {
	r.cancelTimer(a.Timer)
	r.timers[a.Timer] = r.agenda.after(a.After, func() {
		delete(r.timers, a.Timer)
		r.step(machine.Expired{At: r.now(), Timer: a.Timer})
	})
	if a.Timer.Kind == machine.Budget {
		r.drainBy = time.Now().Add(a.After)
		r.armGuard(a.After)
	}
}

func (r *Supervisor) cancelTimer(name machine.Timer) {
	if alarm := r.timers[name]; alarm != nil {
		r.agenda.cancel(alarm)
		delete(r.timers, name)
	}
}

// tell says something on stderr, in a line that no other is mixed with.
func (r *Supervisor) tell(level machine.Level, text string) {
	r.happened(level, text)
	if level >= r.launch.Level {
		r.awaitLastWords()
		if r.finishing {
			r.logs.SayLast(text)
		} else {
			r.logs.Say(text)
		}
	}
}

// lastWordsPatience is how long we wait for last words. Somebody else may hold their outputs, or nobody read ours: then we don't wait again
// for a second.
const lastWordsPatience = 200 * time.Millisecond

// awaitLastWords waits until all is passed on that those have written who have ended: it comes before what we say of that, and before the
// lines of those who are started or told to stop after that.
func (r *Supervisor) awaitLastWords() {
	if len(r.lastWords) == 0 {
		return
	}
	r.logs.Copy()
	words := r.lastWords
	r.lastWords = nil
	if time.Now().Before(r.hasty) {
		return
	}
	timeout := time.NewTimer(lastWordsPatience)
	defer timeout.Stop()
	for _, passed := range words {
		select {
		case <-passed:
		case <-timeout.C:
			r.hasty = time.Now().Add(time.Second)
			return
		}
	}
}

// signal sends to the process alone, as if it were alone in its container. The PID can't be somebody else's: it is not awaited yet.
func (r *Supervisor) signal(i int, sig syscall.Signal) {
	pid := r.children[i].pid
	if pid == 0 { // kill(2) would take it for our own group
		return
	}
	if err := unix.Kill(pid, sig); err != nil && err != unix.ESRCH {
		r.tell(machine.Info, unix.SignalName(sig)+" to "+r.titles[i]+": "+err.Error())
	}
	if r.state.View(i).Phase == machine.Stopping {
		r.continueChild(pid) // so that it hears what it is told
	}
	if sig == unix.SIGKILL {
		_ = unix.Kill(-pid, sig) // and with it what is left of its group
	}
}
