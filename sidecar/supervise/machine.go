package supervise

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
	"github.com/sidecar-buildpack/sidecar/sidecar/probe"
)

const (
	backoffFirst = time.Second      // the wait before a first restart; it doubles with each
	backoffMost  = time.Minute      // up to this
	backoffQuiet = 10 * time.Minute // and starts anew after a run as long as this

	sidecarsReserve = time.Second            // of the stop budget is kept from the app for the sidecars behind it
	hastyBudget     = time.Second            // is what a second SIGTERM leaves of the stop budget
	giveUpDelay     = 500 * time.Millisecond // is what a killed process gets, in the kernel's hands, before it is left behind
)

// Phase is where a process stands.
type Phase int

// The phases. A process goes Waiting → Spawning → Running → Stopping → Ended; where it is started again, from Running or Stopping to
// BackingOff and back to Waiting; from Waiting to Skipped, where it isn't started any more.
const (
	Waiting    Phase = iota // for what it depends on
	Spawning                // a Spawn is on its way
	Running                 // and perhaps not yet past its startup probe
	Stopping                // told to stop
	BackingOff              // it will be started again
	Ended                   // and won't be started again
	Skipped                 // what it waits for can't come any more
)

func (p Phase) String() string {
	return [...]string{"waiting", "starting", "running", "stopping", "backing off", "ended", "skipped"}[p]
}

// State is all that the machine knows. It is a value: Step leaves the one that it is given untouched.
type State struct {
	m        *machine
	procs    []proc
	stopping bool
	deadline time.Duration // of the stop budget, once stopping
	killing  bool          // the budget is used up
	finished bool
	cause    int            // the process whose end began the stop; none where a signal did
	signal   syscall.Signal // the signal that did
	terms    int            // how often SIGTERM came
}

const none = -1

// proc is what is known of one process.
type proc struct {
	phase   Phase
	run     int           // how often it was spawned
	since   time.Duration // when its present run was spawned
	started bool          // its startup probe has passed, or it has none
	ready   bool
	why     reason        // why it was told to stop
	told    time.Duration // when it was
	killed  bool
	code    int    // of its last end
	failure string // how it failed, in words, for those who wait for it
	recent  []time.Duration
	backoff time.Duration
	probes  [probeKinds]tally
}

// tally counts the like results in a row of one probe.
type tally struct {
	active        bool
	passes, fails int
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
)

// machine is what never changes.
type machine struct {
	kind   string // the process type, which is what people call the app
	budget time.Duration
	specs  []spec
	app    int
}

type spec struct {
	plan.Process
	needs     []plan.Edge
	neededBy  []int
	completes bool // somebody waits for its completion, so an exit with 0 is what it is for
	signal    syscall.Signal
	grace     time.Duration
	window    time.Duration
	probes    [probeKinds]*probe.Probe
}

// New is the State before anything has happened. budget is what a stop may take in all.
func New(p plan.Plan, budget time.Duration) State {
	processes, graph := p.Processes(), p.Graph()
	m := &machine{kind: p.Type, budget: budget, app: len(processes) - 1, specs: make([]spec, len(processes))}
	for i, q := range processes {
		s := &m.specs[i]
		s.Process, s.needs = q, graph[i]
		s.signal = unix.SignalNum(q.StopSignal)
		s.grace, s.window = probe.Seconds(q.StopGracePeriodSeconds), probe.Seconds(q.RestartWindowSeconds)
		s.probes = [probeKinds]*probe.Probe{q.StartupProbe, q.ReadinessProbe, q.LivenessProbe}
		for _, e := range graph[i] {
			on := &m.specs[e.On]
			on.neededBy = append(on.neededBy, i)
			on.completes = on.completes || e.Condition == plan.Completed
		}
	}
	return State{m: m, procs: make([]proc, len(processes)), cause: none}
}

// step is one Step on its way: the new state and the actions so far.
type step struct {
	State
	now     time.Duration
	actions []Action
}

// Step is what follows from one event: the next state, and what is to be done. It knows no clock and does nothing by itself.
func Step(s State, e Event) (State, []Action) {
	if s.finished {
		return s, nil
	}
	t := &step{State: s, now: e.at()}
	t.procs = slices.Clone(s.procs)
	switch e := e.(type) {
	case Spawned:
		t.spawned(e.Proc)
	case Exited:
		t.exited(e)
	case Probed:
		t.probed(e)
	case Exceeded:
		t.exceeded(e)
	case Signalled:
		t.signalled(e.Signal)
	case Expired:
		t.expired(e.Timer)
	case RestartAsked:
		t.restartAsked(e.Proc)
	}
	t.proceed()
	return t.State, t.actions
}

func (t *step) do(actions ...Action) { t.actions = append(t.actions, actions...) }

func (t *step) report(format string, args ...any) {
	t.do(Report{Info, fmt.Sprintf(format, args...)})
}

func (t *step) debug(format string, args ...any) {
	t.do(Report{Debug, fmt.Sprintf(format, args...)})
}

// title is what people call a process.
func (s *State) title(i int) string {
	if i == s.m.app {
		return s.m.kind
	}
	return fmt.Sprintf("sidecar %q", s.m.specs[i].Name)
}

// proceed does what has become possible: starts what needs to wait no longer or, once all is stopping, stops what nobody needs any more.
func (t *step) proceed() {
	if !t.stopping {
		t.startReady()
	}
	if t.stopping {
		t.stopUnneeded()
	}
}

// startReady gives up those whose dependencies never will hold, and then starts those whose dependencies do.
func (t *step) startReady() {
	for t.skipBroken() {
		// until nobody has waited for those that were given up
	}
	for i := range t.procs {
		if e, _ := t.unmet(i); e == nil && t.procs[i].phase == Waiting {
			t.spawn(i)
		}
	}
}

// skipBroken gives up those whose dependencies never will hold and tells whether there were any.
func (t *step) skipBroken() (skipped bool) {
	for i := range t.procs {
		if e, never := t.unmet(i); never && t.procs[i].phase == Waiting {
			t.skip(i, *e)
			skipped = true
		}
	}
	return skipped
}

// unmet is something that i needs and that does not hold: if possible, something that never will.
func (t *step) unmet(i int) (unmet *plan.Edge, never bool) {
	needs := t.m.specs[i].needs
	for k := range needs {
		e := &needs[k]
		gone := over(t.procs[e.On].phase)
		switch {
		case t.holds(*e), gone && e.Soft:
		case gone:
			return e, true
		default:
			unmet = e
		}
	}
	return unmet, false
}

func (t *step) holds(e plan.Edge) bool {
	on := &t.procs[e.On]
	completed := on.phase == Ended && on.code == 0 && on.failure == ""
	switch e.Condition {
	case plan.Ready:
		return on.phase == Running && on.started && on.ready
	case plan.Completed:
		return completed
	default:
		return on.phase == Running && on.started || completed
	}
}

// over tells whether a process is done for good.
func over(p Phase) bool { return p == Ended || p == Skipped }

// skip gives up a process that can't be started, since what it needs can't be any more.
func (t *step) skip(i int, e plan.Edge) {
	p, on := &t.procs[i], &t.procs[e.On]
	p.phase, p.code = Skipped, on.code
	p.failure = fmt.Sprintf("needs %s, which %s", t.need(e), on.ending())
	t.lost(i, fmt.Sprintf("can't start: it %s", p.failure))
}

// need says what an edge asks for.
func (s *State) need(e plan.Edge) string {
	return fmt.Sprintf("%s %s", s.m.specs[e.On].Name, e.Condition)
}

// ending says how a process ended, as the end of a sentence.
func (p *proc) ending() string {
	if p.failure != "" {
		return p.failure
	}
	return fmt.Sprintf("exited with status %d", p.code)
}

func (t *step) spawn(i int) {
	p := &t.procs[i]
	recent := p.recent
	if p.run > 0 && p.why != asked {
		recent = append(slices.Clone(recent), t.now)
	}
	*p = proc{phase: Spawning, run: p.run + 1, since: t.now, recent: recent, backoff: p.backoff}
	t.do(Spawn{i, p.run})
}

func (t *step) spawned(i int) {
	p := &t.procs[i]
	if p.phase != Spawning {
		return
	}
	p.phase = Running
	t.debug("%s started", t.title(i))
	switch {
	case t.killing:
		p.phase = Stopping
		t.kill(i)
	case p.why != untold:
		t.stop(i, p.why)
	case t.stopping: // its turn comes
	case t.m.specs[i].probes[Startup] != nil:
		t.startProbe(i, Startup)
	default:
		t.started(i)
	}
}

// started is the end of a process's start.
func (t *step) started(i int) {
	p := &t.procs[i]
	p.started = true
	p.ready = t.m.specs[i].probes[Readiness] == nil
	t.startProbe(i, Readiness)
	t.startProbe(i, Liveness)
}

func (t *step) startProbe(i int, kind ProbeKind) {
	if t.m.specs[i].probes[kind] != nil {
		t.procs[i].probes[kind] = tally{active: true}
		t.do(StartProbe{i, t.procs[i].run, kind})
	}
}

func (t *step) stopProbe(i int, kind ProbeKind) {
	if t.procs[i].probes[kind].active {
		t.procs[i].probes[kind].active = false
		t.do(StopProbe{i, kind})
	}
}

func (t *step) stopProbes(i int) {
	for kind := range ProbeKind(probeKinds) {
		t.stopProbe(i, kind)
	}
}

// probed counts one result and acts when a threshold is reached.
func (t *step) probed(e Probed) {
	p := &t.procs[e.Proc]
	count, settings := &p.probes[e.Kind], t.m.specs[e.Proc].probes[e.Kind]
	if !count.active || e.Run != p.run {
		return // a late result
	}
	if e.Passed {
		count.passes, count.fails = count.passes+1, 0
	} else {
		count.passes, count.fails = 0, count.fails+1
	}
	switch {
	case count.passes >= settings.SuccessThreshold:
		t.passed(e.Proc, e.Kind)
	case count.fails >= settings.FailureThreshold:
		t.failed(e.Proc, e.Kind, e.Reason)
	}
}

func (t *step) passed(i int, kind ProbeKind) {
	p := &t.procs[i]
	switch {
	case kind == Startup:
		t.debug("%s passed its startup probe", t.title(i))
		t.stopProbe(i, Startup)
		t.started(i)
	case kind == Readiness && !p.ready:
		p.ready = true
		t.debug("%s is ready", t.title(i))
	}
}

func (t *step) failed(i int, kind ProbeKind, why string) {
	p := &t.procs[i]
	if kind == Readiness {
		switch {
		case p.ready:
			p.ready = false
			t.report("%s is not ready any more: %s", t.title(i), why)
		case p.probes[kind].fails == t.m.specs[i].probes[kind].FailureThreshold:
			t.report("%s is not ready yet: %s", t.title(i), why)
		}
		return
	}
	p.failure = fmt.Sprintf("failed its %s probe (%s)", kind, why)
	t.report("%s failed its %s probe %d times: %s; ending it", t.title(i), kind, p.probes[kind].fails, why)
	if i == t.m.app {
		t.beginStop(i)
		return
	}
	t.stop(i, unhealthy)
}

// exceeded does what the process's memory-policy says.
func (t *step) exceeded(e Exceeded) {
	p, s := &t.procs[e.Proc], &t.m.specs[e.Proc]
	if p.phase != Running || e.Run != p.run || t.stopping {
		return
	}
	text := fmt.Sprintf("uses %s, more than its %s of memory", e.Used.Short(), s.Memory.Short())
	switch s.MemoryPolicy {
	case plan.RestartOver:
		t.report("%s %s; restarting it", t.title(e.Proc), text)
		p.failure = text
		t.stop(e.Proc, oversized)
	case plan.StopOver:
		t.report("%s %s; stopping it", t.title(e.Proc), text)
		p.failure = text
		t.stop(e.Proc, evicted)
	default:
		t.report("%s %s", t.title(e.Proc), text)
	}
}

// stop tells a process to stop and gives it its grace; one that is still being spawned is told when it runs.
func (t *step) stop(i int, why reason) {
	p := &t.procs[i]
	told := p.phase == Stopping
	p.why = why
	if p.phase != Running && !told {
		return
	}
	p.phase = Stopping
	t.stopProbes(i)
	if told {
		return
	}
	p.told = t.now
	t.do(Signal{i, t.m.specs[i].signal}, SetTimer{Timer{Grace, i}, t.graceOf(i)})
}

// graceOf is how long a process has from its stop signal until it is killed. The app, which is told only when all stop, has what it
// wishes, or else all of the budget, less what the sidecars behind it need.
func (t *step) graceOf(i int) time.Duration {
	grace := t.m.specs[i].grace
	if i != t.m.app {
		return grace
	}
	left := max(0, t.deadline-t.now)
	if slices.ContainsFunc(t.procs[:t.m.app], func(p proc) bool { return !over(p.phase) }) {
		left -= min(sidecarsReserve, left/2)
	}
	if grace == 0 {
		return left
	}
	return min(grace, left)
}

// kill ends a process that runs, without asking.
func (t *step) kill(i int) {
	p := &t.procs[i]
	if p.killed {
		return
	}
	p.killed = true
	t.do(Signal{i, syscall.SIGKILL})
}

// exited takes note of an end and decides what it means.
func (t *step) exited(e Exited) {
	i, p := e.Proc, &t.procs[e.Proc]
	if p.phase != Spawning && p.phase != Running && p.phase != Stopping {
		return
	}
	t.stopProbes(i)
	if p.phase == Stopping {
		t.do(CancelTimer{Timer{Grace, i}})
	}
	p.phase, p.code, p.started, p.ready = Ended, e.Code, false, false
	text := fmt.Sprintf("exited with status %d", e.Code)
	if e.Reason != "" {
		text = "can't be started: " + e.Reason
		p.failure = text
	}
	switch {
	case t.stopping:
		t.debug("%s %s", t.title(i), text)
	case i != t.m.app:
		t.sidecarEnded(i, text)
	case e.Reason != "":
		t.lost(i, text)
	default:
		t.debug("%s %s", t.title(i), text)
		t.beginStop(i)
	}
}

// sidecarEnded decides whether a sidecar is started again, has done what it is for, or is lost.
func (t *step) sidecarEnded(i int, text string) {
	p, s := &t.procs[i], &t.m.specs[i]
	switch {
	case p.why == asked:
		p.phase, p.failure = Waiting, ""
	case p.why == evicted:
		t.lost(i, text)
	case p.why == oversized, s.restarts(p.code != 0 || p.why == unhealthy):
		t.restartLater(i, text)
	case p.code == 0 && p.why == untold && s.completes:
		t.debug("%s %s", t.title(i), text)
	default:
		t.lost(i, text)
	}
}

// restarts tells whether the policy starts a process again.
func (s *spec) restarts(failed bool) bool {
	return s.Restart == plan.Always || s.Restart == plan.OnFailure && failed
}

// restartLater starts a sidecar again after its backoff, unless it has had all its restarts.
func (t *step) restartLater(i int, text string) {
	p, s := &t.procs[i], &t.m.specs[i]
	p.recent = slices.DeleteFunc(slices.Clone(p.recent), func(at time.Duration) bool { return t.now-at >= s.window })
	if len(p.recent) >= s.MaxRestarts {
		t.lost(i, fmt.Sprintf("%s and has used up its restarts (%d within %vs)", text, s.MaxRestarts, s.RestartWindowSeconds))
		return
	}
	if p.backoff == 0 || t.now-p.since >= backoffQuiet {
		p.backoff = backoffFirst
	}
	p.phase = BackingOff
	t.report("%s %s; restarting it in %v", t.title(i), text, p.backoff)
	t.do(SetTimer{Timer{Backoff, i}, p.backoff})
	p.backoff = min(2*p.backoff, backoffMost)
}

// lost is a sidecar's, or an unstartable app's, end for good: the end of all where it is essential.
func (t *step) lost(i int, text string) {
	switch {
	case i == t.m.app:
		t.report("%s %s", t.title(i), text)
	case t.m.specs[i].Essential:
		t.report("%s %s; stopping %s", t.title(i), text, t.m.kind)
	case t.awaited(i):
		t.report("%s %s", t.title(i), text)
		return
	default:
		t.report("%s %s; %s goes on without it", t.title(i), text, t.m.kind)
		return
	}
	t.beginStop(i)
}

// awaited tells whether somebody waits for i who can't go on without it.
func (t *step) awaited(i int) bool {
	return slices.ContainsFunc(t.m.specs[i].neededBy, func(j int) bool {
		return t.procs[j].phase == Waiting &&
			slices.ContainsFunc(t.m.specs[j].needs, func(e plan.Edge) bool { return e.On == i && !e.Soft })
	})
}

// beginStop begins the end of all, once. cause is the process whose end it follows, or none.
func (t *step) beginStop(cause int) {
	t.stopping, t.cause, t.deadline = true, cause, t.now+t.m.budget
	t.do(SetTimer{Timer{Kind: Budget}, t.m.budget})
	for i := range t.procs {
		switch p := &t.procs[i]; p.phase {
		case Waiting:
			p.phase = Skipped
		case BackingOff:
			p.phase = Ended
			t.do(CancelTimer{Timer{Backoff, i}})
		case Spawning:
			p.why = untold // nobody's wish to restart it counts any more
		case Stopping:
			p.why = shutdown
		}
		t.stopProbes(i)
	}
}

// stopUnneeded tells those to stop that nobody alive needs: the app first, then the sidecars against their dependencies' direction.
// When all are gone it finishes.
func (t *step) stopUnneeded() {
	app := t.m.app
	if !over(t.procs[app].phase) {
		t.tell(app)
		return
	}
	alive := false
	for i := range t.procs[:app] {
		if over(t.procs[i].phase) {
			continue
		}
		alive = true
		needed := slices.ContainsFunc(t.m.specs[i].neededBy, func(j int) bool { return !over(t.procs[j].phase) })
		if !needed {
			t.tell(i)
		}
	}
	if !alive {
		t.finish()
	}
}

// tell is stop, for the end of all, once.
func (t *step) tell(i int) {
	if p := &t.procs[i]; p.why != shutdown && !p.killed {
		t.stop(i, shutdown)
	}
}

// signalled passes a signal on to the app; SIGTERM, and before the app runs whatever else would have ended it, stops all.
func (t *step) signalled(sig syscall.Signal) {
	app := &t.procs[t.m.app]
	switch {
	case sig == syscall.SIGTERM:
		if t.terms++; t.terms > 1 {
			t.hurry()
		} else if !t.stopping {
			t.signal = sig
			t.beginStop(none)
		}
	case app.phase == Running || app.phase == Stopping:
		t.do(Signal{t.m.app, sig})
	case !t.stopping && (sig == syscall.SIGINT || sig == syscall.SIGQUIT || sig == syscall.SIGHUP):
		t.signal = sig
		t.beginStop(none)
	}
}

// hurry gives up the order of the stop and most of its budget.
func (t *step) hurry() {
	left := min(t.deadline-t.now, hastyBudget)
	if !t.stopping || t.killing || left <= 0 {
		return
	}
	t.deadline = t.now + left
	t.do(SetTimer{Timer{Kind: Budget}, left})
	for i := range t.procs {
		if !over(t.procs[i].phase) {
			t.tell(i)
		}
	}
}

func (t *step) expired(timer Timer) {
	p := &t.procs[timer.Proc]
	switch timer.Kind {
	case Backoff:
		if p.phase == BackingOff {
			t.retry(timer.Proc)
		}
	case Grace:
		if p.phase == Stopping && !p.killed {
			s := &t.m.specs[timer.Proc]
			t.report("%s has not ended %v after %s; killing it", t.title(timer.Proc), (t.now - p.told).Round(10*time.Millisecond), s.StopSignal)
			t.kill(timer.Proc)
		}
	case Budget:
		if t.stopping && !t.killing {
			t.endBudget()
		}
	case GiveUp:
		if t.killing {
			t.report("%s can't be killed; leaving it", strings.Join(t.alive(), ", "))
			t.finish()
		}
	}
}

// retry starts a process again after its backoff, or as soon as what it depends on holds again.
func (t *step) retry(i int) {
	t.procs[i].phase = Waiting
	if e, never := t.unmet(i); e != nil && !never {
		t.report("%s is not restarted yet: it needs %s", t.title(i), t.need(*e))
	}
}

// endBudget kills all that is left.
func (t *step) endBudget() {
	t.killing = true
	why := fmt.Sprintf("the stop budget of %v is used up", t.m.budget)
	if t.terms > 1 {
		why = "SIGTERM came again"
	}
	t.report("%s; killing %s", why, strings.Join(t.alive(), ", "))
	for i := range t.procs {
		if p := t.procs[i].phase; p == Running || p == Stopping {
			t.kill(i)
		}
	}
	t.do(SetTimer{Timer{Kind: GiveUp}, giveUpDelay})
}

// alive names the processes that are not done.
func (t *step) alive() (titles []string) {
	for i := range t.procs {
		if !over(t.procs[i].phase) {
			titles = append(titles, t.title(i))
		}
	}
	return titles
}

// restartAsked restarts a sidecar for somebody who wants that, or says why not.
func (t *step) restartAsked(i int) {
	if refused := t.refusal(i); refused != "" {
		t.do(Answer{t.title(i) + " " + refused})
		return
	}
	p := &t.procs[i]
	switch {
	case p.phase == BackingOff:
		t.do(CancelTimer{Timer{Backoff, i}})
		p.phase, p.why = Waiting, asked
	case over(p.phase):
		p.phase, p.why = Waiting, asked
	default:
		t.stop(i, asked)
	}
	t.debug("%s is restarted as asked", t.title(i))
	t.do(Answer{})
}

// refusal says why a process can't be restarted now; it is empty where it can.
func (t *step) refusal(i int) string {
	e, _ := t.unmet(i)
	switch {
	case i == t.m.app:
		return "is the app: to restart it, restart the container"
	case t.stopping:
		return "can't be restarted: everything is being stopped"
	case e != nil:
		return "can't be started now: it needs " + t.need(*e)
	}
	return ""
}

func (t *step) finish() {
	t.finished = true
	for i := range t.procs {
		if t.procs[i].phase == Stopping {
			t.do(CancelTimer{Timer{Grace, i}})
		}
	}
	t.do(CancelTimer{Timer{Kind: Budget}}, CancelTimer{Timer{Kind: GiveUp}}, Finish{t.exitCode()})
}

// exitCode is the app's, unless a sidecar's end or a failure of the app's began the stop: then it is never 0.
func (t *step) exitCode() int {
	app := &t.procs[t.m.app]
	switch {
	case t.cause != none && (t.cause != t.m.app || app.failure != ""):
		return max(1, t.procs[t.cause].code)
	case app.phase == Ended:
		return app.code
	case app.phase == Skipped:
		return 128 + int(t.signal)
	default:
		return 128 + int(syscall.SIGKILL)
	}
}
