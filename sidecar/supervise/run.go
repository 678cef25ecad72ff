package supervise

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/logs"
	"github.com/sidecar-buildpack/sidecar/sidecar/memory"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// Launch is what a plan leaves open until the container starts.
type Launch struct {
	Processes []Process // as those of plan.Plan.Processes
	Budget    time.Duration
	Level     Level    // the least Report that is told
	Helper    string   // the binary that carries out probes which need TLS, gRPC or a resolver
	Opening   []Report // what there is to say before anything starts
	Signals   *Signals
}

// Process is what a process of the plan is started with.
type Process struct {
	Argv        []string
	Env         []string    // NAME=VALUE
	Share       memory.Size // of the container's memory; 0: none is known
	OOMScoreAdj int         // proc(5); 0: the supervisor's own
}

// Run starts the processes of p, supervises them until all have ended and returns the exit code, which is the app's or that of a sidecar
// whose end was the cause. Its caller has locked the main goroutine to the main thread, since the children die with the thread that
// started them (prctl(2), PR_SET_PDEATHSIG).
func Run(p plan.Plan, l Launch) int {
	r := newRunner(p, l)
	for _, opening := range l.Opening {
		r.perform(opening)
	}
	r.listen()
	r.step(Begun{r.now()})
	r.listenControl() // nobody asks in the first millisecond, and the app needn't wait for it
	r.watchMemory()
	for !r.finished {
		select {
		case <-r.launch.Signals.deaths:
			r.heedTerm() // whoever tells all processes to end has told us first
			r.reap()
		case <-r.launch.Signals.terms:
			r.signalled(unix.SIGTERM)
		case sig := <-r.launch.Signals.others:
			r.signalled(sig.(syscall.Signal))
		case f := <-r.inbox:
			f()
		}
	}
	r.sweep()
	r.returnTerminal()
	r.logs.Drain(max(time.Until(r.drainBy), leastDrain))
	return r.code
}

// leastDrain is what those who read our output get to take the last of it, whatever a stop's budget says.
const leastDrain = 200 * time.Millisecond

// runner carries out what the machine decides. All its fields belong to the main goroutine; others send it a func through inbox.
type runner struct {
	launch  Launch
	state   State
	pending []Event // those that actions in progress gave rise to
	start   time.Time

	children []child // by the plan's Processes
	pids     map[int]func(unix.WaitStatus)
	timers   map[Timer]*time.Timer
	logs     *logs.Logs
	terminal bool // the app is in the foreground of a terminal
	null     *os.File

	inbox  chan func()
	answer string // to the RestartAsked in progress

	finished bool
	code     int
	drainBy  time.Time
}

func newRunner(p plan.Plan, l Launch) *runner {
	r := &runner{
		launch: l,
		state:  New(p, l.Budget),
		start:  time.Now(),
		pids:   map[int]func(unix.WaitStatus){},
		timers: map[Timer]*time.Timer{},
		inbox:  make(chan func()),
	}
	raw := false
	for i, q := range p.Processes() {
		raw = raw || q.Logs == plan.Raw
		r.children = append(r.children, child{Process: q, argv: l.Processes[i].Argv, env: l.Processes[i].Env})
	}
	r.logs = logs.New(raw)
	return r
}

// listen makes the process ready to have children: their ends, our signals and what children say are heard, orphans come to us.
func (r *runner) listen() {
	<-r.launch.Signals.heard
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil && os.Getpid() != 1 {
		r.tell(Info, "orphaned processes can't be waited for: prctl: "+err.Error())
	}
	var err error
	if r.null, err = emptyInput(); err != nil {
		r.tell(Info, "sidecars have no standard input: "+err.Error())
	}
	r.terminal = inForeground()
	r.listenNotify()
}

func (r *runner) now() At { return At(time.Since(r.start)) }

// heedTerm gives a SIGTERM to the machine if there is one.
func (r *runner) heedTerm() {
	select {
	case <-r.launch.Signals.terms:
		r.signalled(unix.SIGTERM)
	default:
	}
}

// signalled gives a signal to the machine, which knows what it is for.
func (r *runner) signalled(sig syscall.Signal) { r.step(Signalled{r.now(), sig}) }

// step gives an event to the machine and carries out what it says, and then the events that this gave rise to.
func (r *runner) step(e Event) {
	r.pending = append(r.pending, e)
	if len(r.pending) > 1 {
		return
	}
	for ; len(r.pending) > 0; r.pending = r.pending[1:] {
		var actions []Action
		r.state, actions = Step(r.state, r.pending[0])
		for _, a := range actions {
			r.perform(a)
		}
	}
}

func (r *runner) perform(a Action) {
	switch a := a.(type) {
	case Spawn:
		r.spawn(a.Proc)
	case Signal:
		r.signal(a.Proc, a.Signal)
	case SetTimer:
		r.setTimer(a)
	case CancelTimer:
		r.cancelTimer(a.Timer)
	case StartProbe:
		r.startProbe(a)
	case StopProbe:
		r.children[a.Proc].stopProbe[a.Kind]()
	case Report:
		r.tell(a.Level, a.Text)
	case Answer:
		r.answer = a.Refused
	case Finish:
		r.finished, r.code = true, a.Code
	}
}

func (r *runner) setTimer(a SetTimer) {
	r.cancelTimer(a.Timer)
	var t *time.Timer
	t = time.AfterFunc(a.After, func() {
		r.inbox <- func() {
			if r.timers[a.Timer] == t {
				delete(r.timers, a.Timer)
				r.step(Expired{r.now(), a.Timer})
			}
		}
	})
	r.timers[a.Timer] = t
	if a.Timer.Kind == Budget {
		r.drainBy = time.Now().Add(a.After)
	}
}

func (r *runner) cancelTimer(name Timer) {
	if t := r.timers[name]; t != nil {
		t.Stop()
		delete(r.timers, name)
	}
}

// tell says something on stderr, in a line that no other is mixed with.
func (r *runner) tell(level Level, text string) {
	if level >= r.launch.Level {
		r.logs.Say(strings.ReplaceAll(text, "\n", " "))
	}
}

// signal sends to the process alone, as if it were alone in its container. The PID can't be somebody else's: it is not awaited yet.
func (r *runner) signal(i int, sig syscall.Signal) {
	pid := r.children[i].pid
	if err := unix.Kill(pid, sig); err != nil && err != unix.ESRCH {
		r.tell(Info, fmt.Sprintf("%s to %s: %v", unix.SignalName(sig), r.state.title(i), err))
	}
	if sig == unix.SIGKILL {
		_ = unix.Kill(-pid, sig) // and with it what is left of its group
	}
}
