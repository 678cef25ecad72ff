package supervise

import (
	"flag"
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
	"github.com/sidecar-buildpack/sidecar/sidecar/probe"
)

// TestPromises checks the contract of doc.go on random histories of random plans.
func TestPromises(t *testing.T) {
	var histories, events atomic.Int64
	parallel(t, 100_000, func(t *rapid.T) {
		w := newWorld(t)
		w.live()
		histories.Add(1)
		events.Add(int64(len(w.past)))
	})
	t.Cleanup(func() { t.Logf("%d histories of %d events", histories.Load(), events.Load()) })
}

// TestStepIsPure checks that Step gives the same for the same and leaves the State that it is given as it was.
func TestStepIsPure(t *testing.T) {
	parallel(t, 10_000, func(t *rapid.T) {
		w := newWorld(t)
		w.live()
		state := w.initial
		for _, m := range w.past {
			Step(state, later(m.event)) // another future of the same state must not show in this one
			state = m.after
		}
		state = w.initial
		for _, m := range w.past {
			next, actions := Step(state, m.event)
			if !reflect.DeepEqual(next, m.after) || !reflect.DeepEqual(actions, m.actions) {
				t.Fatalf("%#v led to %+v the first time and to %+v now", m.event, m.actions, actions)
			}
			state = next
		}
	})
}

// later is e at another time.
func later(e Event) Event {
	v := reflect.New(reflect.TypeOf(e)).Elem()
	v.Set(reflect.ValueOf(e))
	v.FieldByName("At").Set(reflect.ValueOf(At(e.at() + time.Minute)))
	return v.Interface().(Event)
}

// TestNonsense gives Step events that no runtime would: it may do anything but panic and finish twice.
func TestNonsense(t *testing.T) {
	parallel(t, 10_000, func(t *rapid.T) {
		w := newWorld(t)
		finished := false
		for range uniform.Draw(t, "events") {
			var e Event
			switch uniform.Draw(t, "event") % 5 {
			case 0:
				e = Probed{Proc: w.anyone(), Run: 1, Kind: ProbeKind(uniform.Draw(t, "probe") % probeKinds), Passed: once(t, 50)}
			case 1:
				e = Signalled{Signal: sent.Draw(t, "signal")}
			case 2:
				e = RestartAsked{Proc: w.anyone()}
			default:
				e = w.nonsense()
			}
			var actions []Action
			w.state, actions = Step(w.state, e)
			if finished && len(actions) > 0 {
				t.Fatalf("after the end comes %+v", actions)
			}
			finished = finished || slices.ContainsFunc(actions, isFinish)
		}
	})
}

func isFinish(a Action) bool {
	_, yes := a.(Finish)
	return yes
}

// parallel checks a property n times in all, on all cores: a fifth of that with -short, a tenth with -race, or what -rapid.checks says.
func parallel(t *testing.T, n int, property func(*rapid.T)) {
	shards := runtime.GOMAXPROCS(0)
	if raceDetector() {
		n /= 10
	}
	if checks := flag.Lookup("rapid.checks"); checks.Value.String() == checks.DefValue {
		_ = checks.Value.Set(strconv.Itoa(n/shards + 1))
		t.Cleanup(func() { _ = checks.Value.Set(checks.DefValue) })
	}
	for i := range shards {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, property)
		})
	}
}

func raceDetector() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// witness sees the events and the actions of a history, but no State, and says where they break a promise. What it demands is
// written from the design's rules alone.
type witness struct {
	t         *rapid.T
	app       int
	specs     []plan.Process
	needs     [][]need
	completes []bool // somebody waits for its completion
	budget    time.Duration

	past    []moment
	now     time.Duration
	event   Event
	answers int  // to event
	refuse  bool // event is a wish that can't be granted
	absurd  bool // event can't be
	passOn  bool // event is a signal that is still to be passed on to the app
	procs   []sighting
	timers  map[Timer]bool // the set ones

	terms              int
	stopping, hasty    bool
	killing, abandoned bool
	finished           bool
	began, deadline    time.Duration
	cause              cause
	signal             syscall.Signal
}

// cause is whose end or failure began the stop; nobody's where a signal did.
type cause struct {
	proc   int
	failed bool // so 0 is no fitting exit code
}

const nobody = -1

// need is one thing that a process waits for.
type need struct {
	on        int
	condition plan.Condition
	optional  bool // it does not wait for one that is gone
}

// standing is where a process stands, as far as it can be seen.
type standing int

const (
	due     standing = iota // to be spawned as soon as all that it needs is there
	coming                  // Spawn was done
	alive                   // Spawned came
	pausing                 // it waits for the end of its backoff
	gone                    // for good
)

type sighting struct {
	standing
	run      int
	spawned  time.Duration // the present run
	told     bool
	toldAt   time.Duration
	grace    time.Duration
	killed   bool
	wanted   bool              // somebody wants it restarted
	sick     bool              // a startup or liveness probe failed
	large    plan.MemoryPolicy // what is to become of it since it exceeded its memory: RestartOver or StopOver
	started  bool
	ready    bool
	probed   [probeKinds]bool
	passes   [probeKinds]int
	failures [probeKinds]int
	code     int
	done     bool            // it exited with 0 of its own will
	retries  []time.Duration // when its policy had it started again
	backoff  time.Duration   // before the next of those
}

func newWitness(t *rapid.T, p plan.Plan, budget time.Duration) *witness {
	n := len(p.Sidecars)
	w := &witness{
		t: t, app: n, specs: append(slices.Clone(p.Sidecars), p.App), budget: budget,
		procs: make([]sighting, n+1), completes: make([]bool, n+1), timers: map[Timer]bool{},
	}
	behind := make([]bool, n+1) // waits for the app, at once or through others
	behind[n] = true
	for range w.specs {
		for i, s := range w.specs {
			for j, other := range w.specs {
				if condition, ok := s.DependsOn[other.Name]; ok {
					behind[i] = behind[i] || behind[j]
					w.completes[j] = w.completes[j] || condition == plan.Completed
				}
			}
		}
	}
	w.needs = make([][]need, n+1)
	for i, s := range w.specs {
		for j := range w.specs {
			on := (n + j) % (n + 1) // the app's name comes first
			condition, ok := s.DependsOn[w.specs[on].Name]
			switch {
			case ok:
				w.needs[i] = append(w.needs[i], need{on, condition, false})
			case i == n && !behind[on]:
				w.needs[i] = append(w.needs[i], need{on, plan.Started, !w.specs[on].Essential})
			}
		}
	}
	return w
}

// broken ends the test: a promise is broken.
func (w *witness) broken(format string, args ...any) {
	w.t.Helper()
	for _, m := range w.past {
		w.t.Logf("%v %T%+v → %+v", m.event.at(), m.event, m.event, m.actions)
	}
	w.t.Fatalf(format, args...)
}

// see takes in what happened and what the machine does about it.
func (w *witness) see(m moment) {
	w.past = append(w.past, m)
	w.event, w.now = m.event, m.event.at()
	w.answers, w.refuse, w.absurd, w.passOn = 0, false, false, false
	w.takeIn(m.event)
	w.giveUpHopeless()
	for _, a := range m.actions {
		if w.finished {
			w.broken("%+v comes after Finish", a)
		}
		w.judge(a)
	}
	if w.absurd && len(m.actions) > 0 {
		w.broken("it acts, though the event can't be")
	}
	w.settle()
}

func (w *witness) takeIn(e Event) {
	switch e := e.(type) {
	case Spawned:
		w.begun(&w.procs[e.Proc], &w.specs[e.Proc])
	case Exited:
		w.ended(e)
	case Probed:
		w.probed(e)
	case Signalled:
		w.signalled(e.Signal)
	case Expired:
		w.expired(e.Timer)
	case RestartAsked:
		w.asked(e.Proc)
	case Exceeded:
		w.exceeded(e)
	}
}

func (w *witness) exceeded(e Exceeded) {
	p, policy := &w.procs[e.Proc], w.specs[e.Proc].MemoryPolicy
	if w.absurd = p.standing != alive || p.told || w.stopping || e.Run != p.run; !w.absurd && policy != plan.WarnOver {
		p.large = policy
	}
}

func (w *witness) begun(p *sighting, s *plan.Process) {
	if w.absurd = p.standing != coming; !w.absurd {
		p.standing = alive
		p.started = s.StartupProbe == nil
		p.ready = p.started && s.ReadinessProbe == nil
	}
}

func (w *witness) ended(e Exited) {
	p, s := &w.procs[e.Proc], &w.specs[e.Proc]
	if w.absurd = p.standing != coming && p.standing != alive; w.absurd {
		return
	}
	p.standing, p.code, p.done = gone, e.Code, e.Code == 0 && e.Reason == "" && !p.sick && p.large == ""
	again := p.large == plan.RestartOver || p.large == "" && (s.Restart == plan.Always || s.Restart == plan.OnFailure && !p.done)
	switch {
	case w.stopping:
	case e.Proc == w.app:
		w.begin(cause{w.app, e.Reason != ""})
	case p.wanted:
		p.standing = due
	case again && w.retriesOf(e.Proc, w.now) < s.MaxRestarts:
		p.standing = pausing
		if p.backoff == 0 || w.now-p.spawned >= 10*time.Minute {
			p.backoff = time.Second
		}
	case s.Essential && (again || !p.done || !w.completes[e.Proc]):
		w.begin(cause{e.Proc, true})
	}
}

// retriesOf counts the restarts by policy within the window that ends now.
func (w *witness) retriesOf(i int, now time.Duration) (n int) {
	for _, at := range w.procs[i].retries {
		if now-at < probe.Seconds(w.specs[i].RestartWindowSeconds) {
			n++
		}
	}
	return n
}

func (w *witness) probed(e Probed) {
	p, settings := &w.procs[e.Proc], w.probe(e.Proc, e.Kind)
	if w.absurd = !p.probed[e.Kind] || e.Run != p.run; w.absurd {
		return
	}
	passes, failures := &p.passes[e.Kind], &p.failures[e.Kind]
	if e.Passed {
		*passes, *failures = *passes+1, 0
	} else {
		*passes, *failures = 0, *failures+1
	}
	healthy, ill := *passes >= settings.SuccessThreshold, *failures >= settings.FailureThreshold
	switch {
	case e.Kind == Startup && healthy:
		p.started = true
		p.ready = w.specs[e.Proc].ReadinessProbe == nil
	case e.Kind == Readiness && (healthy || ill):
		p.ready = healthy
	case ill:
		p.sick = true
		if e.Proc == w.app {
			w.begin(cause{w.app, true})
		}
	}
}

func (w *witness) probe(i int, kind ProbeKind) *probe.Probe {
	s := &w.specs[i]
	return [...]*probe.Probe{s.StartupProbe, s.ReadinessProbe, s.LivenessProbe}[kind]
}

func (w *witness) signalled(sig syscall.Signal) {
	switch {
	case sig == unix.SIGTERM:
		if w.terms++; w.terms == 1 && !w.stopping {
			w.signal = sig
			w.begin(cause{proc: nobody})
		}
		if w.terms > 1 && w.stopping && !w.killing && w.now < w.deadline {
			w.hasty, w.deadline = true, min(w.deadline, w.now+time.Second)
		}
	case w.procs[w.app].standing == alive:
		w.passOn = true
	case !w.stopping && (sig == unix.SIGINT || sig == unix.SIGHUP || sig == unix.SIGQUIT):
		w.signal = sig
		w.begin(cause{proc: nobody})
	}
}

func (w *witness) expired(timer Timer) {
	w.absurd = !w.timers[timer]
	delete(w.timers, timer)
	switch p := &w.procs[timer.Proc]; {
	case w.absurd:
	case timer.Kind == Backoff:
		p.standing, p.backoff = due, min(2*p.backoff, time.Minute)
	case timer.Kind == Budget:
		w.killing = true
	case timer.Kind == GiveUp:
		w.abandoned = true
	}
}

func (w *witness) asked(i int) {
	p := &w.procs[i]
	w.refuse = i == w.app || w.stopping || !w.canSpawn(i)
	if w.refuse {
		return
	}
	p.wanted = true
	if p.standing == gone || p.standing == pausing {
		if p.standing == pausing {
			p.backoff = min(2*p.backoff, time.Minute)
		}
		p.standing = due
	}
}

// begin is the moment from which on all is to be stopped.
func (w *witness) begin(c cause) {
	w.stopping, w.cause, w.began, w.deadline = true, c, w.now, w.now+w.budget
	for i := range w.procs {
		if p := &w.procs[i]; p.standing == due || p.standing == pausing {
			p.standing = gone
		}
	}
}

// giveUpHopeless finds out who can't be spawned any more since somebody that it needs is gone.
func (w *witness) giveUpHopeless() {
	for again := true; again && !w.stopping; {
		again = false
		for i := range w.procs {
			p := &w.procs[i]
			on := slices.IndexFunc(w.needs[i], func(n need) bool {
				return !n.optional && w.procs[n.on].standing == gone && !w.holds(n)
			})
			if p.standing != due || on < 0 {
				continue
			}
			p.standing, p.code, p.done, again = gone, w.procs[w.needs[i][on].on].code, false, true
			if i == w.app || w.specs[i].Essential {
				w.begin(cause{i, true})
			}
		}
	}
}

func (w *witness) canSpawn(i int) bool {
	return !slices.ContainsFunc(w.needs[i], func(n need) bool {
		return !w.holds(n) && !(n.optional && w.procs[n.on].standing == gone)
	})
}

func (w *witness) holds(n need) bool {
	on := &w.procs[n.on]
	works, done := on.standing == alive && on.started && !on.told, on.standing == gone && on.done
	switch n.condition {
	case plan.Ready:
		return works && on.ready
	case plan.Completed:
		return done
	default:
		return works || done
	}
}

// judge says whether an action is one that may be done now.
func (w *witness) judge(a Action) {
	switch a := a.(type) {
	case Spawn:
		w.judgeSpawn(a)
	case Signal:
		w.judgeSignal(a)
	case SetTimer:
		w.judgeTimer(a)
	case CancelTimer:
		delete(w.timers, a.Timer)
	case StartProbe:
		w.judgeProbe(a)
	case StopProbe:
		p := &w.procs[a.Proc]
		if !p.probed[a.Kind] {
			w.broken("%+v: it is not probed", a)
		}
		p.probed[a.Kind] = false
	case Report:
		if a.Text == "" || strings.Contains(a.Text, "\n") {
			w.broken("a report must be one line: %q", a.Text)
		}
	case Answer:
		if w.answers++; (a.Refused != "") != w.refuse {
			w.broken("answer %q; should refuse: %v", a.Refused, w.refuse)
		}
	case Finish:
		w.judgeFinish(a.Code)
	}
}

func (w *witness) judgeSpawn(a Spawn) {
	p := &w.procs[a.Proc]
	retries := p.retries
	if p.run > 0 && !p.wanted {
		retries = append(retries, w.now)
	}
	switch {
	case w.stopping:
		w.broken("%+v while all is stopping", a)
	case p.standing != due || a.Run != p.run+1:
		w.broken("%+v of a process that is not due", a)
	case !w.canSpawn(a.Proc):
		w.broken("%+v before all that it needs is there", a)
	case len(retries) > len(p.retries) && w.retriesOf(a.Proc, w.now) >= w.specs[a.Proc].MaxRestarts:
		w.broken("%+v is one restart too many", a)
	}
	*p = sighting{standing: coming, run: a.Run, spawned: w.now, retries: retries, backoff: p.backoff}
}

func (w *witness) judgeSignal(a Signal) {
	p := &w.procs[a.Proc]
	switch {
	case p.standing != alive:
		w.broken("%+v to a process that does not run", a)
	case w.passOn:
		if w.passOn = false; a != (Signal{w.app, w.event.(Signalled).Signal}) {
			w.broken("%+v is not what came", a)
		}
	case a.Signal == unix.SIGKILL:
		if !w.mayKill(a.Proc) {
			w.broken("%+v too early, or again", a)
		}
		p.killed = true
	case unix.SignalName(a.Signal) != w.specs[a.Proc].StopSignal:
		w.broken("%+v is not its stop-signal", a)
	case p.told:
		w.broken("%+v to a process that was told already", a)
	case !w.mustStop(a.Proc):
		w.broken("%+v before its turn", a)
	default:
		p.told, p.toldAt, p.grace = true, w.now, w.graceOf(a.Proc)
	}
}

// mayKill says whether a process has had all its grace, or all have had the whole budget.
func (w *witness) mayKill(i int) bool {
	p := &w.procs[i]
	expired, _ := w.event.(Expired)
	own := expired.Timer == Timer{Grace, i} && p.told && w.now >= p.toldAt+p.grace
	return !p.killed && (own || w.killing && w.now >= w.deadline)
}

func (w *witness) judgeProbe(a StartProbe) {
	p := &w.procs[a.Proc]
	if p.probed[a.Kind] || a.Run != p.run {
		w.broken("%+v: it is probed already, or is another run", a)
	}
	p.probed[a.Kind], p.passes[a.Kind], p.failures[a.Kind] = true, 0, 0
}

// mustStop says whether it is a process's time to be told to stop.
func (w *witness) mustStop(i int) bool {
	p := &w.procs[i]
	if !w.stopping {
		return p.sick || p.wanted || p.large != ""
	}
	if i == w.app || w.hasty {
		return true
	}
	needed := false
	for j, needs := range w.needs {
		for _, n := range needs {
			needed = needed || n.on == i && w.procs[j].standing != gone
		}
	}
	return !needed && w.procs[w.app].standing == gone
}

// graceOf is what a process that is told now gets.
func (w *witness) graceOf(i int) time.Duration {
	own := probe.Seconds(w.specs[i].StopGracePeriodSeconds)
	if i != w.app {
		return own
	}
	left := max(0, w.deadline-w.now)
	if slices.ContainsFunc(w.procs[:w.app], func(p sighting) bool { return p.standing != gone }) {
		left = max(left-time.Second, left/2)
	}
	if own == 0 {
		return left
	}
	return min(own, left)
}

func (w *witness) judgeTimer(a SetTimer) {
	p := &w.procs[a.Timer.Proc]
	var expected time.Duration
	fits := false
	switch a.Timer.Kind {
	case Backoff:
		fits, expected = p.standing == pausing, p.backoff
	case Grace:
		fits, expected = p.standing == alive && p.told && p.toldAt == w.now && !w.timers[a.Timer], p.grace
	case Budget:
		fits, expected = w.stopping && !w.killing && (w.began == w.now || w.hasty), w.deadline-w.now
	case GiveUp:
		fits, expected = w.killing && !w.timers[a.Timer], 500*time.Millisecond
	}
	if !fits || a.After != expected {
		w.broken("%+v; has its reason: %v, should be after %v", a, fits, expected)
	}
	w.timers[a.Timer] = true
}

func (w *witness) judgeFinish(code int) {
	w.finished = true
	left := slices.ContainsFunc(w.procs, func(p sighting) bool { return p.standing != gone })
	switch {
	case code != w.exitCode():
		w.broken("exit code %d instead of %d", code, w.exitCode())
	case left && !w.abandoned:
		w.broken("finished before all were awaited")
	case !w.stopping || w.now > w.deadline+500*time.Millisecond+2*maxLateness:
		w.broken("finished too early or too late; deadline %v", w.deadline)
	case len(w.timers) > 0:
		w.broken("timers that outlive all: %v", w.timers)
	}
}

// exitCode is what the design says that the container exits with.
func (w *witness) exitCode() int {
	app := &w.procs[w.app]
	switch {
	case w.cause.failed:
		return max(1, w.procs[w.cause.proc].code)
	case app.run == 0:
		return 128 + int(w.signal)
	case app.standing == gone:
		return app.code
	default:
		return 128 + 9
	}
}

// settle says whether all was done that had to be.
func (w *witness) settle() {
	_, wish := w.event.(RestartAsked)
	switch {
	case wish != (w.answers == 1) || w.answers > 1:
		w.broken("%d answers", w.answers)
	case w.passOn:
		w.broken("the signal is not passed on")
	case w.finished:
		return
	case w.abandoned || !slices.ContainsFunc(w.procs, func(p sighting) bool { return p.standing != gone }):
		w.broken("all are gone or given up, and it is not finished")
	case w.timers[Timer{Kind: Budget}] != (w.stopping && !w.killing):
		w.broken("the budget's timer is set: %v", w.timers[Timer{Kind: Budget}])
	case w.timers[Timer{Kind: GiveUp}] != w.killing:
		w.broken("the give-up timer is set: %v", w.timers[Timer{Kind: GiveUp}])
	}
	for i := range w.procs {
		w.settleProcess(i)
	}
}

func (w *witness) settleProcess(i int) {
	p, name := &w.procs[i], w.specs[i].Name
	backoff, grace := w.timers[Timer{Backoff, i}], w.timers[Timer{Grace, i}]
	live := p.standing == alive
	switch {
	case p.standing == due && w.canSpawn(i):
		w.broken("%s is not spawned", name)
	case live && !p.told && !p.killed && w.mustStop(i):
		w.broken("%s is not told to stop", name)
	case live && !p.killed && w.killing:
		w.broken("%s is not killed", name)
	case backoff != (p.standing == pausing):
		w.broken("%s's backoff timer is set: %v", name, backoff)
	case grace && !(live && p.told):
		w.broken("%s's grace timer outlives it", name)
	case !grace && live && p.told && !p.killed:
		w.broken("nothing will end %s's grace", name)
	}
	for kind := range ProbeKind(probeKinds) {
		should := live && !w.stopping && !p.told && w.probe(i, kind) != nil && p.started == (kind != Startup)
		if p.probed[kind] != should {
			w.broken("%s's %s probe is active: %v", name, kind, p.probed[kind])
		}
	}
}
