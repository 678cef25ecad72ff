package machine

import (
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// What random plans and worlds are made of. The first of each is what a failing history is shrunk to.
var (
	chance         = rapid.IntRange(0, 99)
	uniform        = rapid.SampledFrom(percents())
	counts         = rapid.SampledFrom([]int{0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 5, 8})
	conditions     = rapid.SampledFrom([]plan.Condition{plan.Started, plan.Ready, plan.Completed})
	policies       = rapid.SampledFrom([]plan.Restart{plan.Never, plan.OnFailure, plan.Always})
	memoryPolicies = rapid.SampledFrom([]plan.MemoryPolicy{"", plan.WarnOver, plan.RestartOver, plan.StopOver})
	changes        = rapid.SampledFrom([]*plan.OnChange{nil, {Do: plan.DoRestart}, {Do: "SIGHUP"}})
	allowances     = rapid.SampledFrom([]int{5, 0, 1, 2})
	windows        = rapid.SampledFrom([]float64{60, 1, 10, 3600})
	signals        = rapid.SampledFrom([]string{"SIGTERM", "SIGINT", "SIGUSR1"})
	backoffs       = rapid.SampledFrom([]float64{0, 0, 1, 0.2, 5})
	rules          = rapid.SampledFrom([][]int{nil, nil, nil, {0}, {1}, {0, 143}, {2, 137}})
	delays         = rapid.SampledFrom([]float64{0, 0, 0, 0, 0.5, 3})
	hooks          = rapid.SampledFrom([]*plan.Hook{nil, nil, nil, nil, {}})
	graces         = rapid.SampledFrom([]float64{5, 0, 0.3, 1, 20})
	appGraces      = rapid.SampledFrom([]float64{0, 1, 5, 20})
	thresholds     = rapid.SampledFrom([]int{1, 2, 3})
	budgets        = rapid.SampledFrom(seconds(9, 0.5, 1, 3, 30))

	codes     = rapid.SampledFrom([]int{0, 1, 0, 2, 137, 143})
	spawnings = rapid.SampledFrom(seconds(0, 0, 0, 0.1, 0.7))
	lives     = rapid.SampledFrom(seconds(1e6, 1e6, 1e6, 0, 0.5, 2, 30, 700))
	dyings    = rapid.SampledFrom(seconds(0, 0.01, 0.5, 2, 6, 1e6))
	periods   = rapid.SampledFrom(seconds(1, 5, 30, 0.2))
	lateness  = rapid.SampledFrom(seconds(0, 0, 0, 0.05, maxLateness.Seconds()))
	moments   = rapid.SampledFrom(seconds(0, 0.4, 1, 2, 3, 5, 8, 20, 60, 900))
	sent      = rapid.SampledFrom([]syscall.Signal{unix.SIGTERM, unix.SIGINT, unix.SIGHUP, unix.SIGUSR1, unix.SIGWINCH})
	orders    = permutations(8)
)

// maxLateness is how late at most a timer of the world runs out.
const maxLateness = 300 * time.Millisecond

func percents() (all []int) {
	for i := range 100 {
		all = append(all, i)
	}
	return all
}

func seconds(all ...float64) (durations []time.Duration) {
	for _, s := range all {
		durations = append(durations, plan.Seconds(s))
	}
	return durations
}

func permutations(most int) (all []*rapid.Generator[[]int]) {
	var indices []int
	for n := range most + 1 {
		all = append(all, rapid.Permutation(indices))
		indices = append(indices, n)
	}
	return all
}

// randomPlan has up to eight sidecars, some of which start after the app.
func randomPlan(t *rapid.T) plan.Plan {
	n := counts.Draw(t, "sidecars")
	after := n // those from here on may wait for the app
	if n > 0 && once(t, 30) {
		after = uniform.Draw(t, "after the app") % n
	}
	p := plan.Plan{Type: "web", App: randomProcess(t, plan.AppName)}
	p.App.MemoryPolicy, p.App.SuccessExitCodes = "", nil // the app has what the others leave, and its code is its own
	if on := p.App.OnChange; on != nil && on.Do == plan.DoRestart {
		p.App.OnChange = nil // nor is it restarted
	}
	p.App.StopGracePeriodSeconds = appGraces.Draw(t, "app's grace")
	p.App.DependsOn = randomDependencies(t, after, 20)
	sidecars := make([]plan.Process, n)
	for i := range sidecars {
		sidecars[i] = randomProcess(t, "s"+strconv.Itoa(i))
		sidecars[i].DependsOn = randomDependencies(t, i, 25)
		if i >= after && once(t, 50) {
			sidecars[i].DependsOn[plan.AppName] = conditions.Draw(t, "of the app")
		}
	}
	for i := range sidecars { // what comes after the app must not come before it by way of another
		for j := range after {
			if i >= after {
				delete(sidecars[j].DependsOn, sidecars[i].Name)
			}
		}
	}
	for _, i := range orders[n].Draw(t, "order") {
		p.Sidecars = append(p.Sidecars, sidecars[i])
	}
	return p
}

func randomDependencies(t *rapid.T, n, percent int) map[string]plan.Condition {
	all := map[string]plan.Condition{}
	for i := range n {
		if once(t, percent) {
			all["s"+strconv.Itoa(i)] = conditions.Draw(t, "condition")
		}
	}
	return all
}

func randomProcess(t *rapid.T, name string) plan.Process {
	return plan.Process{
		Name:                   name,
		Restart:                policies.Draw(t, "restart"),
		MaxRestarts:            allowances.Draw(t, "max-restarts"),
		RestartWindowSeconds:   windows.Draw(t, "window"),
		StopDelaySeconds:       delays.Draw(t, "stop-delay"),
		PreStop:                hooks.Draw(t, "pre-stop"),
		Essential:              !once(t, 40),
		BackoffSeconds:         backoffs.Draw(t, "backoff"),
		BackoffMaxSeconds:      backoffs.Draw(t, "longest backoff"),
		SuccessExitCodes:       rules.Draw(t, "success-exit-codes"),
		RestartOnExitCodes:     rules.Draw(t, "restart-on-exit-codes"),
		NoRestartOnExitCodes:   rules.Draw(t, "no-restart-on-exit-codes"),
		OnChange:               changes.Draw(t, "on-change"),
		MemoryPolicy:           memoryPolicies.Draw(t, "memory-policy"),
		StopSignal:             signals.Draw(t, "stop-signal"),
		StopGracePeriodSeconds: graces.Draw(t, "grace"),
		Probes: plan.Probes{
			StartupProbe:   randomProbe(t, 1),
			ReadinessProbe: randomProbe(t, thresholds.Draw(t, "success-threshold")),
			LivenessProbe:  randomProbe(t, 1),
		},
	}
}

func randomProbe(t *rapid.T, success int) *plan.Probe {
	if !once(t, 25) {
		return nil
	}
	return &plan.Probe{SuccessThreshold: success, FailureThreshold: thresholds.Draw(t, "failure-threshold")}
}

// once is true in percent of all cases, and false where a failing history is shrunk.
func once(t *rapid.T, percent int) bool { return uniform.Draw(t, "once") >= 100-percent }

// world plays the runtime and all that it talks to, in virtual time, and shows a witness what happens.
type world struct {
	*witness
	state   State
	clock   time.Duration
	bodies  []body
	agenda  []occurrence
	alarms  map[Timer]int // the set ones, by the serial number of their setting
	serial  int
	initial State
}

// body is a process as the world has it.
type body struct {
	run    int
	alive  bool
	undead bool // SIGKILL does not help
	left   bool // it has ended, and something of it goes on
	deaf   bool // its stop signal does not
	hook   int  // the serial number of its pre-stop, while that runs
	probes [plan.ProbeKinds]struct{ serial, health int }
}

// occurrence is an event to come. One with a serial number does not come where what it is about is over by then.
type occurrence struct {
	at     time.Duration
	event  Event
	serial int
}

// moment is what one Step got and gave.
type moment struct {
	event   Event
	actions []Action
	after   State
}

func newWorld(t *rapid.T) *world {
	p, budget := randomPlan(t), budgets.Draw(t, "budget")
	w := &world{
		witness: newWitness(t, p, budget),
		initial: New(p, budget),
		bodies:  make([]body, len(p.Sidecars)+1),
		alarms:  map[Timer]int{},
	}
	w.state = w.initial
	for range uniform.Draw(t, "interventions") % 5 {
		at := moments.Draw(t, "at")
		switch kind := uniform.Draw(t, "kind"); {
		case kind < 50:
			w.expect(at, Signalled{Signal: sent.Draw(t, "signal")})
		case kind < 80:
			w.expect(at, w.wish())
			w.expect(at+dyings.Draw(w.t, "again"), w.wish())
		case kind < 85:
			w.expect(at, Changed{Proc: w.anyone(), Path: "/etc/certs"})
		case kind < 90:
			w.expect(at, Exceeded{Proc: w.anyone()})
		default:
			w.expect(at, w.nonsense())
		}
	}
	return w
}

// wish is a person's, seldom to drain: that ends the history.
func (w *world) wish() Event {
	i := w.anyone()
	switch kind := uniform.Draw(w.t, "wish"); {
	case kind < 30:
		return RestartAsked{Proc: i}
	case kind < 60:
		return StopAsked{Proc: i}
	case kind < 95:
		return StartAsked{Proc: i}
	default:
		return DrainAsked{}
	}
}

func (w *world) anyone() int { return uniform.Draw(w.t, "process") % len(w.bodies) }

// nonsense is an event that nothing that was done can have given rise to, at least mostly.
func (w *world) nonsense() Event {
	i := w.anyone()
	switch uniform.Draw(w.t, "nonsense") % 5 {
	case 0:
		return Spawned{Proc: i}
	case 1:
		return Exited{Proc: i, Code: codes.Draw(w.t, "code")}
	case 2:
		return Probed{Proc: i, Run: 99, Kind: plan.ProbeKind(i % plan.ProbeKinds), Passed: once(w.t, 50), Reason: "nonsense"}
	case 3:
		if once(w.t, 50) {
			return Cleared{Proc: i}
		}
		return Expired{Timer: Timer{TimerKind(i % 2), i}}
	default:
		return Expired{Timer: Timer{Kind: Budget + TimerKind(i%3)}}
	}
}

// expect puts an event on the agenda that comes in any case.
func (w *world) expect(after time.Duration, e Event) { w.schedule(after, e, 0) }

func (w *world) schedule(after time.Duration, e Event, serial int) {
	w.agenda = append(w.agenda, occurrence{w.clock + after, e, serial})
}

// live runs a history to its end, which SIGTERM brings about where nothing else does.
func (w *world) live() {
	const patience = 60 // events
	w.happen(Begun{})
	for i := 0; !w.finished; i++ {
		switch {
		case i > 10*patience, w.stopping && len(w.agenda) == 0:
			w.broken("this comes to no end")
		case i == patience, len(w.agenda) == 0:
			w.happen(Signalled{At(w.clock), unix.SIGTERM})
		default:
			w.next()
		}
	}
}

// next lets the earliest event on the agenda happen.
func (w *world) next() {
	first := 0
	for i, o := range w.agenda {
		if o.at < w.agenda[first].at {
			first = i
		}
	}
	o := w.agenda[first]
	w.agenda = append(w.agenda[:first], w.agenda[first+1:]...)
	w.clock = max(w.clock, o.at)
	if e := w.come(o); e != nil {
		w.happen(e)
	}
}

// come is the event that an occurrence gives rise to, if any.
func (w *world) come(o occurrence) Event {
	now := At(w.clock)
	switch e := o.event.(type) {
	case Spawned:
		if o.serial == 0 && w.procs[e.Proc].standing == coming {
			return nil // it would be no nonsense
		}
		e.At = now
		return e
	case Exited:
		b := &w.bodies[e.Proc]
		if o.serial != 0 && (o.serial != b.run || !b.alive) || o.serial == 0 && b.alive {
			return nil
		}
		b.alive, e.At = false, now
		if e.Code > 128 && once(w.t, 50) {
			e.Signal = unix.SignalName(syscall.Signal(e.Code - 128))
		}
		if o.serial != 0 && e.Reason == "" && once(w.t, 25) {
			b.left, e.Left = true, 1
			w.schedule(lives.Draw(w.t, "rest's life"), Cleared{Proc: e.Proc}, b.run)
		}
		return e
	case Cleared:
		b := &w.bodies[e.Proc]
		if o.serial != 0 && (o.serial != b.run || !b.left) || o.serial == 0 && b.left {
			return nil
		}
		b.left, e.At = false, now
		return e
	case PreStopped:
		if o.serial != w.bodies[e.Proc].hook {
			return nil
		}
		w.bodies[e.Proc].hook, e.At = 0, now
		return e
	case Expired:
		if o.serial != w.alarms[e.Timer] {
			return nil
		}
		delete(w.alarms, e.Timer)
		e.At = now
		return e
	case Probed:
		e.At = now
		if o.serial == 0 {
			return e
		}
		return w.probe(e, o.serial)
	case Signalled:
		e.At = now
		return e
	case RestartAsked:
		e.At = now
		return e
	case StartAsked:
		e.At = now
		return e
	case StopAsked:
		e.At = now
		return e
	case Changed:
		e.At = now
		return e
	case DrainAsked:
		e.At = now
		return e
	case Exceeded:
		e.At, e.Run = now, w.bodies[e.Proc].run
		return e
	}
	return nil
}

// probe is the next result of a probe that runs.
func (w *world) probe(e Probed, serial int) Event {
	p := &w.bodies[e.Proc].probes[e.Kind]
	if p.serial != serial {
		return nil
	}
	e.Passed = uniform.Draw(w.t, "health") >= p.health
	if !e.Passed {
		e.Reason = "no answer"
	}
	w.schedule(periods.Draw(w.t, "period"), e, serial)
	return e
}

// happen gives an event to the machine, shows it to the witness and carries the actions out.
func (w *world) happen(e Event) {
	var actions []Action
	w.state, actions = Step(w.state, e)
	w.see(moment{e, actions, w.state})
	for _, a := range actions {
		w.carryOut(a)
	}
}

func (w *world) carryOut(a Action) {
	switch a := a.(type) {
	case Spawn:
		w.spawn(a)
	case Signal:
		w.hit(a)
	case SignalRest:
		w.hitRest(a)
	case RunPreStop:
		e := PreStopped{Proc: a.Proc, Run: a.Run}
		if once(w.t, 30) {
			e.Problem = "refused"
		}
		w.serial++
		w.bodies[a.Proc].hook = w.serial
		w.schedule(dyings.Draw(w.t, "pre-stop"), e, w.serial)
	case EndPreStop:
		w.bodies[a.Proc].hook = 0
	case SetTimer:
		w.serial++
		w.alarms[a.Timer] = w.serial
		w.schedule(a.After+lateness.Draw(w.t, "late by"), Expired{Timer: a.Timer}, w.serial)
		if a.Timer.Kind == Budget && once(w.t, 15) { // somebody is impatient
			w.expect(dyings.Draw(w.t, "first"), Signalled{Signal: unix.SIGTERM})
			w.expect(dyings.Draw(w.t, "second"), Signalled{Signal: unix.SIGTERM})
		}
		if a.Timer.Kind == Shared && once(w.t, 50) {
			w.expect(dyings.Draw(w.t, "ours"), Signalled{Signal: unix.SIGTERM})
		}
	case CancelTimer:
		delete(w.alarms, a.Timer)
	case StartProbe:
		w.serial++
		p := &w.bodies[a.Proc].probes[a.Kind]
		p.serial, p.health = w.serial, chance.Draw(w.t, "sickness")
		w.schedule(periods.Draw(w.t, "first period"), Probed{Proc: a.Proc, Run: a.Run, Kind: a.Kind}, w.serial)
	case StopProbe:
		b := &w.bodies[a.Proc]
		b.probes[a.Kind].serial = 0
		if once(w.t, 25) {
			w.expect(dyings.Draw(w.t, "stale"), Probed{Proc: a.Proc, Run: b.run, Kind: a.Kind, Passed: once(w.t, 50), Reason: "stale"})
		}
	}
}

// spawn gives a process its life, unless it can't be started.
func (w *world) spawn(a Spawn) {
	delay := spawnings.Draw(w.t, "spawning")
	w.bodies[a.Proc] = body{run: a.Run, alive: true, undead: once(w.t, 3), deaf: once(w.t, 20)}
	if once(w.t, 3) {
		w.schedule(delay, Exited{Proc: a.Proc, Code: 127, Reason: "not found"}, a.Run)
		return
	}
	w.schedule(delay, Spawned{Proc: a.Proc}, a.Run)
	w.schedule(delay+lives.Draw(w.t, "life"), Exited{Proc: a.Proc, Code: codes.Draw(w.t, "code")}, a.Run)
}

// hit lets a process feel a signal.
func (w *world) hit(a Signal) {
	b, code := &w.bodies[a.Proc], 128+int(a.Signal)
	switch {
	case a.Signal == unix.SIGKILL && !b.undead:
		w.schedule(dyings.Draw(w.t, "dying")/10, Exited{Proc: a.Proc, Code: code}, b.run)
	case a.Signal == unix.SIGKILL || b.deaf:
	case once(w.t, 30):
		w.schedule(dyings.Draw(w.t, "stopping"), Exited{Proc: a.Proc}, b.run)
	default:
		w.schedule(dyings.Draw(w.t, "stopping"), Exited{Proc: a.Proc, Code: code}, b.run)
	}
}

// hitRest lets what a process has left behind feel a signal.
func (w *world) hitRest(a SignalRest) {
	b := &w.bodies[a.Proc]
	switch {
	case a.Signal == unix.SIGKILL && !b.undead:
		w.schedule(dyings.Draw(w.t, "rest's dying")/10, Cleared{Proc: a.Proc}, b.run)
	case a.Signal != unix.SIGKILL && !b.deaf:
		w.schedule(dyings.Draw(w.t, "rest's stopping"), Cleared{Proc: a.Proc}, b.run)
	}
}
