package machine

import (
	"cmp"
	"flag"
	"maps"
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
				e = Probed{Proc: w.anyone(), Run: 1, Kind: plan.ProbeKind(uniform.Draw(t, "probe") % plan.ProbeKinds), Passed: once(t, 50)}
			case 1:
				e = Signalled{Signal: sent.Draw(t, "signal")}
			case 2:
				e = w.wish()
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
	hint    bool // event is a change that is still to be told the process by a signal
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
	explained          string        // the last Explain
	summons            string        // how it begins, where nobody was the cause
	shareable          time.Duration // for how long a SIGTERM would explain the cause
	shared             bool          // one does
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
	parked                  // somebody has stopped it
	gone                    // for good
)

// over reports whether a process is gone, with all that it started.
func (p *sighting) over() bool { return p.standing == gone && !p.left }

type sighting struct {
	standing
	run          int
	spawned      time.Duration // the present run
	told         bool
	toldAt       time.Duration
	grace        time.Duration
	killed       bool
	yielded      time.Duration // for how long a SIGTERM explains that it has ended, in the step endedIn
	endedIn      int
	left         bool // it has ended, and not all that it started
	restDue      bool // which has to be told now
	draining     bool // it is to stop, and goes on working
	delayed      bool // its delay is over
	hooking      bool // its pre-stop is being done
	hookRuns     bool // it has not been ended yet
	changed      bool // one of its files has, for which it is to be restarted
	drained      bool // it may be told now
	again        bool // its policy or its exit code has it started again
	faltered     bool // it has failed once, in any run
	mostBackoff  time.Duration
	restKilledAt time.Duration
	wanted       bool              // somebody wants it restarted
	held         bool              // somebody wants it stopped
	sick         bool              // a startup or liveness probe failed
	large        plan.MemoryPolicy // what is to become of it since it exceeded its memory: RestartOver or StopOver
	started      bool
	ready        bool
	probed       [plan.ProbeKinds]bool
	passes       [plan.ProbeKinds]int
	failures     [plan.ProbeKinds]int
	code         int
	done         bool            // it exited with 0 of its own will
	retries      []time.Duration // when its policy had it started again
	backoff      time.Duration   // before the next of those
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
		for _, name := range slices.Sorted(maps.Keys(s.DependsOn)) { // in this order a process that is gone is named
			on := slices.IndexFunc(w.specs, func(q plan.Process) bool { return q.Name == name })
			w.needs[i] = append(w.needs[i], need{on, s.DependsOn[name], false})
		}
	}
	for on, s := range p.Sidecars {
		if _, named := p.App.DependsOn[s.Name]; !named && !behind[on] {
			w.needs[n] = append(w.needs[n], need{on, plan.Started, !s.Essential})
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
	w.answers, w.refuse, w.absurd, w.passOn, w.hint = 0, false, false, false, false
	w.takeIn(m.event)
	w.giveUpHopeless()
	w.restartChanged()
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
	case Cleared:
		w.cleared(e.Proc)
	case Probed:
		w.probed(e)
	case PreStopped:
		p := &w.procs[e.Proc]
		w.absurd = !p.hooking || e.Run != p.run || p.standing != alive || p.told
		p.drained = p.drained || !w.absurd
		p.hookRuns = p.hookRuns && w.absurd
	case Signalled:
		w.signalled(e.Signal)
	case Expired:
		w.expired(e.Timer)
	case RestartAsked:
		w.asked(e.Proc)
	case StartAsked:
		w.startAsked(e.Proc)
	case StopAsked:
		w.stopAsked(e.Proc)
	case Changed:
		p, on := &w.procs[e.Proc], w.specs[e.Proc].OnChange
		if heeded := on != nil && !w.stopping && p.standing == alive && !p.told && !p.draining; heeded {
			p.changed, w.hint = on.Do == plan.DoRestart, on.Do != plan.DoRestart
		}
	case DrainAsked:
		if !w.stopping {
			w.signal, w.summons = unix.SIGTERM, "drain"
			w.begin(cause{proc: nobody})
		}
	case Exceeded:
		w.exceeded(e)
	}
}

func (w *witness) exceeded(e Exceeded) {
	p, policy := &w.procs[e.Proc], w.specs[e.Proc].MemoryPolicy
	if w.absurd = p.standing != alive || p.told || p.draining || w.stopping || e.Run != p.run; !w.absurd && policy != plan.WarnOver {
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
	p.standing, p.code, p.done = gone, e.Code, endsWell(s, e.Code) && e.Reason == "" && !p.sick && p.large == ""
	if p.sick || p.large != "" {
		p.code = 1 // it was told to end
	}
	p.endedIn = len(w.past)
	p.yielded = 0
	if e.Reason == "" && !p.sick && p.large == "" && !p.wanted && !p.held {
		p.yielded = explains(s, e, unix.SIGTERM)
	}
	defer w.falters(e)
	p.left, p.restDue = e.Left > 0, e.Left > 0
	again := s.Restart == plan.Always || s.Restart == plan.OnFailure && !p.done
	switch {
	case p.large != "":
		again = p.large == plan.RestartOver
	case p.sick:
	case slices.Contains(s.NoRestartOnExitCodes, e.Code):
		again = false
	case slices.Contains(s.RestartOnExitCodes, e.Code):
		again = true
	}
	p.again = again
	switch {
	case w.stopping:
	case e.Proc == w.app:
		w.begin(cause{w.app, e.Reason != ""})
	case p.wanted:
		p.standing = due
	case p.held:
		p.standing = parked
	case again && w.retriesOf(e.Proc, w.now) < s.MaxRestarts:
		p.standing = pausing
		if p.backoff == 0 || w.now-p.spawned >= 10*time.Minute {
			p.backoff = plan.Seconds(cmp.Or(s.BackoffSeconds, 1))
		}
	case s.Essential && (again || !p.done || !w.completes[e.Proc]):
		w.begin(cause{e.Proc, true})
	}
}

// explains is for how long a signal explains an end: by it, well, or with an error of the process's own.
func explains(s *plan.Process, e Exited, sig syscall.Signal) time.Duration {
	switch {
	case e.Signal == unix.SignalName(sig), e.Signal == "" && (e.Code == 128+int(sig) || endsWell(s, e.Code)):
		return time.Second
	case e.Signal == "" && e.Code <= 128:
		return time.Second / 10
	}
	return 0
}

// cleared is the moment at which nothing is left any more of a process that has ended.
func (w *witness) cleared(i int) {
	p := &w.procs[i]
	if w.absurd = !p.left; !w.absurd {
		p.left = false
	}
}

// retriesOf counts the restarts by policy within the window that ends now.
func (w *witness) retriesOf(i int, now time.Duration) (n int) {
	for _, at := range w.procs[i].retries {
		if now-at < plan.Seconds(w.specs[i].RestartWindowSeconds) {
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
	p.faltered = p.faltered || ill
	switch {
	case e.Kind == plan.Startup && healthy:
		p.started = true
		p.ready = w.specs[e.Proc].ReadinessProbe == nil
	case e.Kind == plan.Readiness && (healthy || ill):
		p.ready = healthy
	case ill:
		p.sick = true
		if e.Proc == w.app {
			w.begin(cause{w.app, true})
		}
	}
}

func (w *witness) probe(i int, kind plan.ProbeKind) *plan.Probe {
	s := &w.specs[i]
	return [...]*plan.Probe{s.StartupProbe, s.ReadinessProbe, s.LivenessProbe}[kind]
}

func (w *witness) signalled(sig syscall.Signal) {
	switch {
	case sig == unix.SIGTERM:
		if w.terms++; w.terms == 1 && !w.stopping {
			w.signal, w.summons = sig, "SIG"
			w.begin(cause{proc: nobody})
		}
		if w.terms == 1 && w.now < w.began+w.shareable {
			w.cause, w.signal, w.summons, w.explained, w.shared = cause{proc: nobody}, sig, "SIGTERM came, to ", "", true
		}
		if w.terms > 1 && w.stopping && !w.killing && w.now < w.deadline {
			w.hasty, w.deadline = true, min(w.deadline, w.now+time.Second)
		}
	case w.procs[w.app].standing == alive || w.procs[w.app].left:
		w.passOn = true
	case !w.stopping && (sig == unix.SIGINT || sig == unix.SIGHUP || sig == unix.SIGQUIT):
		w.signal, w.summons = sig, "SIG"
		w.begin(cause{proc: nobody})
	}
}

func (w *witness) expired(timer Timer) {
	w.absurd = !w.timers[timer]
	delete(w.timers, timer)
	switch p := &w.procs[timer.Proc]; {
	case w.absurd:
	case timer.Kind == Drain:
		p.drained = p.hooking || w.specs[timer.Proc].PreStop == nil
		p.delayed = true
	case timer.Kind == Grace && p.left && p.killed:
		p.left = false // it is left behind
	case timer.Kind == Backoff:
		p.standing, p.backoff = due, p.longer()
	case timer.Kind == Budget:
		w.killing = true
		if w.allOver() {
			w.shareable = 0
		}
	case timer.Kind == Shared:
		w.shareable = 0
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
	p.wanted, p.held = true, false
	if p.standing == gone || p.standing == pausing || p.standing == parked {
		p.endPause()
		p.standing = due
	}
}

// longer is the backoff that follows the present one.
func (p *sighting) longer() time.Duration { return min(2*p.backoff, p.mostBackoff) }

// endPause is the end of a backoff before its time.
func (p *sighting) endPause() {
	if p.standing == pausing && !p.left {
		p.backoff = p.longer()
	}
}

func (w *witness) startAsked(i int) {
	switch p := &w.procs[i]; {
	case i == w.app || w.stopping || !w.canSpawn(i):
		w.refuse = true
	case p.standing == coming:
		p.held = false
	case p.standing == alive && !p.told && !p.draining:
		// it runs
	case p.standing != due:
		w.asked(i)
	}
}

func (w *witness) stopAsked(i int) {
	p := &w.procs[i]
	if w.refuse = i == w.app || w.stopping; w.refuse {
		return
	}
	switch p.standing {
	case coming, alive:
		p.wanted, p.held = false, true
	case due, pausing:
		p.endPause()
		p.standing = parked
	}
}

// begin is the moment from which on all is to be stopped.
func (w *witness) begin(c cause) {
	w.stopping, w.cause, w.began, w.deadline = true, c, w.now, w.now+w.budget
	if w.shareable = 0; c.proc != nobody && !(c.proc == w.app && w.procs[w.app].done) {
		w.shareable = w.procs[c.proc].yielded
	}
	for i := range w.procs {
		if p := &w.procs[i]; p.standing == due || p.standing == pausing || p.standing == parked {
			p.standing = gone
		}
		if p := &w.procs[i]; !p.told {
			p.draining, p.delayed, p.hooking, p.drained = false, false, false, false
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
				return w.waitsFor(n) && w.procs[n.on].standing == gone
			})
			if p.standing != due || p.left || on < 0 {
				continue
			}
			missed := &w.procs[w.needs[i][on].on]
			p.standing, p.code, p.done, again = gone, missed.code, false, true
			if p.yielded = 0; missed.endedIn == len(w.past) {
				p.yielded = missed.yielded
			}
			p.endedIn = len(w.past)
			if i == w.app || w.specs[i].Essential {
				w.begin(cause{i, true})
			}
		}
	}
}

// restartChanged finds out who is to be restarted on account of its files, now that it can be.
func (w *witness) restartChanged() {
	for i := range w.procs {
		p := &w.procs[i]
		if p.changed && !w.stopping && p.standing == alive && !p.told && !p.draining && w.canSpawn(i) {
			p.wanted = true
		}
	}
}

func (w *witness) canSpawn(i int) bool {
	return !slices.ContainsFunc(w.needs[i], w.waitsFor)
}

// waitsFor says whether something that is needed is waited for: what the app needs only if it can be had is not, from its first failure on.
func (w *witness) waitsFor(n need) bool {
	return !w.holds(n) && !(n.optional && (w.procs[n.on].standing == gone || w.hopeless(n.on)))
}

// hopeless says whether a process has failed, or waits for one that isn't essential and has.
func (w *witness) hopeless(i int) bool {
	p := &w.procs[i]
	if p.faltered || p.standing == parked {
		return true
	}
	if p.standing != due || p.left {
		return false
	}
	for _, n := range w.needs[i] {
		if !w.specs[n.on].Essential && w.waitsFor(n) && w.hopeless(n.on) {
			return true
		}
	}
	return false
}

func endsWell(s *plan.Process, code int) bool {
	return len(s.SuccessExitCodes) == 0 && code == 0 || slices.Contains(s.SuccessExitCodes, code)
}

// falters takes in that a sidecar ended otherwise than it should.
func (w *witness) falters(e Exited) {
	p := &w.procs[e.Proc]
	completed := p.done && !p.again && w.completes[e.Proc] && !p.told
	p.faltered = p.faltered || !w.stopping && e.Proc != w.app && !completed && !p.wanted && !p.held
}

func (w *witness) holds(n need) bool {
	on := &w.procs[n.on]
	works, done := on.standing == alive && on.started && !on.told && !on.draining && !on.wanted, on.standing == gone && on.done
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
	case SignalRest:
		w.judgeSignalRest(a)
	case SetTimer:
		w.judgeTimer(a)
	case CancelTimer:
		delete(w.timers, a.Timer)
	case StartProbe:
		w.judgeProbe(a)
	case RunPreStop:
		w.judgePreStop(a)
	case EndPreStop:
		if !w.procs[a.Proc].hookRuns {
			w.broken("%+v: there is none", a)
		}
		w.procs[a.Proc].hookRuns = false
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
	case Explain:
		if w.cause.proc == w.app && w.procs[w.app].done {
			w.broken("%+v of an app that has done what it is for", a)
		}
		if w.explained = a.Text; !strings.HasPrefix(a.Text, w.culprit()) {
			w.broken("%q does not name %q", a.Text, w.culprit())
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
	case p.left:
		w.broken("%+v while something is left of the last run", a)
	case p.standing != due || a.Run != p.run+1:
		w.broken("%+v of a process that is not due", a)
	case !w.canSpawn(a.Proc):
		w.broken("%+v before all that it needs is there", a)
	case len(retries) > len(p.retries) && w.retriesOf(a.Proc, w.now) >= w.specs[a.Proc].MaxRestarts:
		w.broken("%+v is one restart too many", a)
	}
	*p = sighting{standing: coming, run: a.Run, spawned: w.now, retries: retries, backoff: p.backoff, faltered: p.faltered,
		mostBackoff: max(plan.Seconds(cmp.Or(w.specs[a.Proc].BackoffSeconds, 1)), plan.Seconds(cmp.Or(w.specs[a.Proc].BackoffMaxSeconds, 60)))}
}

func (w *witness) judgeSignal(a Signal) {
	p := &w.procs[a.Proc]
	switch {
	case p.standing != alive:
		w.broken("%+v to a process that does not run", a)
	case w.hint:
		if w.hint = false; a != (Signal{w.event.(Changed).Proc, unix.SIGHUP}) {
			w.broken("%+v is not what a change asks for", a)
		}
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
	case w.drains(a.Proc) && !p.drained && !w.hasty && !w.drainsAtOnce(a.Proc):
		w.broken("%+v before it has drained", a)
	case !w.mustStop(a.Proc):
		w.broken("%+v before its turn", a)
	default:
		p.told, p.toldAt, p.grace = true, w.now, w.graceOf(a.Proc)
	}
}

// drains says whether a process goes on working for a while when it is to stop.
func (w *witness) drains(i int) bool {
	s, p := &w.specs[i], &w.procs[i]
	return (s.StopDelaySeconds > 0 || s.PreStop != nil) && !p.sick && p.large == ""
}

// drainsAtOnce says whether there is nothing to do, and no time for anything else.
func (w *witness) drainsAtOnce(i int) bool {
	return w.specs[i].PreStop == nil && w.halved(plan.Seconds(w.specs[i].StopDelaySeconds)) <= 0
}

// halved is how long that may take of a stop.
func (w *witness) halved(d time.Duration) time.Duration {
	if w.stopping {
		d = min(d, max(0, w.deadline-w.now)/2)
	}
	return d
}

func (w *witness) judgePreStop(a RunPreStop) {
	p, s := &w.procs[a.Proc], &w.specs[a.Proc]
	delayed := p.delayed || w.halved(plan.Seconds(s.StopDelaySeconds)) <= 0
	if p.standing != alive || p.told || p.hooking || p.hookRuns || a.Run != p.run || s.PreStop == nil ||
		!delayed || !w.drains(a.Proc) || !w.mustStop(a.Proc) {
		w.broken("%+v is not what is due", a)
	}
	p.draining, p.hooking, p.hookRuns = true, true, true
}

func (w *witness) judgeSignalRest(a SignalRest) {
	p := &w.procs[a.Proc]
	switch {
	case !p.left:
		w.broken("%+v, of which nothing is left", a)
	case w.passOn:
		if w.passOn = false; a != (SignalRest{Proc: w.app, Signal: w.event.(Signalled).Signal}) {
			w.broken("%+v is not what came", a)
		}
	case a.Signal == unix.SIGKILL:
		if !w.mayKill(a.Proc) && !(p.killed && p.restDue) && !(w.killing && p.restDue) {
			w.broken("%+v too early, or again", a)
		}
		p.killed, p.restDue, p.restKilledAt = true, false, w.now
	case unix.SignalName(a.Signal) != w.specs[a.Proc].StopSignal || !p.restDue || p.killed || w.killing:
		w.broken("%+v is not what is due", a)
	default:
		if p.restDue = false; !p.told {
			p.told, p.toldAt, p.grace = true, w.now, w.graceOf(a.Proc)
		}
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
		return p.sick || p.wanted || p.held || p.large != ""
	}
	if i == w.app || w.hasty {
		return true
	}
	needed := false
	for j, needs := range w.needs {
		for _, n := range needs {
			needed = needed || n.on == i && !w.procs[j].over()
		}
	}
	return !needed && w.procs[w.app].over()
}

// graceOf is what a process that is told now gets.
func (w *witness) graceOf(i int) time.Duration {
	own := plan.Seconds(w.specs[i].StopGracePeriodSeconds)
	if i != w.app {
		return own
	}
	left := max(0, w.deadline-w.now)
	if slices.ContainsFunc(w.procs[:w.app], func(p sighting) bool { return !p.over() }) {
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
		fits, expected = p.standing == pausing && !p.left, p.backoff
	case Grace:
		fits, expected = (p.standing == alive || p.left) && p.told && p.toldAt == w.now && !w.timers[a.Timer], p.grace
		if p.left && p.killed {
			fits, expected = !w.killing && p.restKilledAt == w.now && !w.timers[a.Timer], 500*time.Millisecond
		}
	case Drain:
		fits = p.standing == alive && !p.told && !p.killed && w.mustStop(a.Timer.Proc) && w.drains(a.Timer.Proc) && !w.hasty
		if expected = w.halved(plan.Seconds(w.specs[a.Timer.Proc].StopDelaySeconds)); p.hooking {
			expected = w.halved(w.graceOf(a.Timer.Proc))
		}
		p.draining = true
	case Budget:
		fits, expected = w.stopping && !w.killing && (w.began == w.now || w.hasty), w.deadline-w.now
	case Waits:
		fits, expected = !w.stopping && !w.timers[a.Timer], 5*time.Second
		if w.event == (Expired{At(w.now), a.Timer}) {
			expected = 30 * time.Second
		}
	case Shared:
		fits, expected = w.allOver() && w.mayBeShared() && !w.timers[a.Timer], w.sharedBy()-w.now
	case GiveUp:
		fits, expected = w.killing && !w.timers[a.Timer], 500*time.Millisecond
	}
	if !fits || a.After != expected {
		w.broken("%+v; has its reason: %v, should be after %v", a, fits, expected)
	}
	w.timers[a.Timer] = true
}

func (w *witness) allOver() bool {
	return !slices.ContainsFunc(w.procs, func(p sighting) bool { return !p.over() })
}

// mayBeShared says whether to wait for a SIGTERM that would explain why a sidecar has ended.
func (w *witness) mayBeShared() bool {
	return w.shareable > 0 && w.cause.proc != w.app && w.terms == 0 && (w.timers[Timer{Kind: Shared}] || w.now < w.sharedBy())
}

func (w *witness) sharedBy() time.Duration {
	return w.began + min(200*time.Millisecond, w.shareable, w.budget/2)
}

func (w *witness) judgeFinish(code int) {
	w.finished = true
	switch {
	case code != w.exitCode():
		w.broken("exit code %d instead of %d", code, w.exitCode())
	case w.cause.failed && w.explained == "":
		w.broken("it isn't explained")
	case w.mayBeShared():
		w.broken("finished though a SIGTERM may have ended a sidecar, and ours come yet")
	case !w.allOver() && !w.abandoned:
		w.broken("finished before all were awaited")
	case !w.stopping || w.now > w.deadline+500*time.Millisecond+2*maxLateness:
		w.broken("finished too early or too late; deadline %v", w.deadline)
	case len(w.timers) > 0:
		w.broken("timers that outlive all: %v", w.timers)
	}
}

// culprit is how the sentence begins that says why the container ends.
func (w *witness) culprit() string {
	switch w.cause.proc {
	case nobody:
		return w.summons
	case w.app:
		return "web "
	}
	return "sidecar \"" + w.specs[w.cause.proc].Name + "\" "
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
	wish := isWish(w.event)
	switch {
	case wish != (w.answers == 1) || w.answers > 1:
		w.broken("%d answers", w.answers)
	case w.stopping && (w.cause.failed || w.shared) && w.explained == "":
		w.broken("it isn't explained at once")
	case w.passOn, w.hint:
		w.broken("the signal is not passed on")
	case w.finished:
		return
	case w.timers[Timer{Kind: Shared}] != (w.allOver() && w.mayBeShared()):
		w.broken("a SIGTERM that may come yet is waited for: %v", w.timers[Timer{Kind: Shared}])
	case w.abandoned || w.allOver() && !w.mayBeShared():
		w.broken("all are gone or given up, and it is not finished")
	case w.timers[Timer{Kind: Budget}] != (w.stopping && !w.killing):
		w.broken("the budget's timer is set: %v", w.timers[Timer{Kind: Budget}])
	case w.timers[Timer{Kind: Waits}] != slices.ContainsFunc(w.procs, func(p sighting) bool { return p.standing == due && !p.left }):
		w.broken("it is watched who waits: %v", w.timers[Timer{Kind: Waits}])
	case w.timers[Timer{Kind: GiveUp}] != w.killing:
		w.broken("the give-up timer is set: %v", w.timers[Timer{Kind: GiveUp}])
	}
	for i := range w.procs {
		w.settleProcess(i)
	}
}

func isWish(e Event) bool {
	switch e.(type) {
	case RestartAsked, StartAsked, StopAsked, DrainAsked:
		return true
	}
	return false
}

func (w *witness) settleProcess(i int) {
	p, name := &w.procs[i], w.specs[i].Name
	backoff, grace := w.timers[Timer{Backoff, i}], w.timers[Timer{Grace, i}]
	live, rest := p.standing == alive, p.left
	switch {
	case rest && p.restDue:
		w.broken("what %s has left is not told", name)
	case rest && !p.killed && w.killing:
		w.broken("what %s has left is not killed", name)
	case p.standing == due && !rest && w.canSpawn(i):
		w.broken("%s is not spawned", name)
	case live && !p.told && !p.killed && w.mustStop(i) && (!p.draining || w.hasty || p.drained):
		w.broken("%s is not told to stop", name)
	case live && !p.killed && w.killing:
		w.broken("%s is not killed", name)
	case w.timers[Timer{Drain, i}] != (live && p.draining && !p.told && !p.killed):
		w.broken("%s's drain timer is set: %v", name, w.timers[Timer{Drain, i}])
	case p.hookRuns && (!live || p.told || p.killed):
		w.broken("%s's pre-stop outlives it", name)
	case backoff != (p.standing == pausing && !rest):
		w.broken("%s's backoff timer is set: %v", name, backoff)
	case grace && !((live || rest) && p.told):
		w.broken("%s's grace timer outlives it", name)
	case !grace && (live && !p.killed || rest && !w.killing) && p.told:
		w.broken("nothing will end %s's grace", name)
	}
	for kind := range plan.ProbeKind(plan.ProbeKinds) {
		should := live && !w.stopping && !p.told && !p.draining && w.probe(i, kind) != nil && p.started == (kind != plan.Startup)
		if p.probed[kind] != should {
			w.broken("%s's %s probe is active: %v", name, kind, p.probed[kind])
		}
	}
}
