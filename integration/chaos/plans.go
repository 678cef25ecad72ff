package main

import (
	"strconv"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// act is what a child does, and what can be expected of its probes.
type act struct {
	life    int    // in milliseconds; 0: without end
	status  int    // what it ends with then
	term    int    // and what it ends with when it is told to; -1: not at all
	passes  int64  // never, soon, atWord or onAnswer: when its startup probe passes, if it has one
	path    string // that its startup probe asks for, where it is onAnswer
	fails   bool   // a probe ends it, sooner or later
	job     bool   // others may wait for its completion
	greedy  bool   // it uses more memory than there may be
	hoards  bool   // it uses up all processes
	daemons bool
}

// When a startup probe passes.
const (
	soon     = iota // or there is none
	atWord          // once the child has said that it is ready
	onAnswer        // once the server was asked
	never
)

func (t *trial) randomPlan() {
	n := 1 + t.random.IntN(10)
	if t.random.IntN(8) == 0 {
		n = 11 + t.random.IntN(20)
	}
	t.plan = plan.Plan{Type: "web", App: process(plan.AppName)}
	t.plan.App.Essential, t.plan.App.StopGracePeriodSeconds = true, 0
	t.plan.App.Logs = []plan.Logs{plan.Raw, plan.Prefix}[t.random.IntN(2)]
	t.linger(&t.plan.App)
	status := t.random.IntN(5)
	a := act{status: status, term: status}
	if t.random.IntN(6) == 0 {
		a.term = -1
	}
	if t.random.IntN(2) == 0 {
		a.life = 1 + t.random.IntN(2000)
	}
	t.acts[plan.AppName] = a
	for i := range n {
		t.plan.Sidecars = append(t.plan.Sidecars, t.sidecar(i, n))
	}
}

// about reports true for some of n processes, as many as expected on average.
func (t *trial) about(expected float64, n int) bool { return t.random.Float64() < expected/float64(n) }

func process(name string) plan.Process {
	return plan.Process{
		Name: name, InheritEnv: []string{plan.Everything}, Restart: plan.Never, StopSignal: "SIGTERM", Logs: plan.Prefix,
		StopGracePeriodSeconds: 0.3, MaxRestarts: 2, RestartWindowSeconds: 60, BackoffSeconds: backoff,
	}
}

const backoff = 0.1 // in seconds, before the first restart

// sidecar is a random one of n that depends on some of those before it.
func (t *trial) sidecar(i, n int) plan.Process {
	p := process("s" + strconv.Itoa(i))
	a := act{status: t.random.IntN(6), term: t.random.IntN(4) - 1, daemons: t.random.IntN(5) == 0}
	p.Essential = t.random.IntN(2) == 0
	p.Restart = []plan.Restart{plan.Never, plan.OnFailure, plan.Always}[t.random.IntN(3)]
	p.StopGracePeriodSeconds = []float64{0.3, 0.3, 0.8}[t.random.IntN(3)]
	switch {
	case t.about(0.5, n):
		a.job, a.life, p.Restart = true, 1+t.random.IntN(300), plan.Never
		a.status /= 5
	case t.about(2, n):
		a.life = 1 + t.random.IntN(2000)
	}
	a.greedy, a.hoards = t.about(1, n), t.about(0.7, n)
	t.acts[p.Name] = a
	for j := range i {
		if t.about(1.5, n) {
			t.depend(&p, &t.plan.Sidecars[j])
		}
	}
	if !a.job {
		t.probes(&p, n)
	}
	t.linger(&p)
	if t.random.IntN(4) == 0 {
		p.Sandbox = &plan.Sandbox{Mode: plan.Prefer}
	}
	return p
}

func (t *trial) depend(p, on *plan.Process) {
	condition := plan.Started
	switch {
	case t.acts[on.Name].job:
		condition = plan.Completed
	case on.StartupProbe != nil && t.random.IntN(2) == 0:
		condition = plan.Ready
	}
	if p.DependsOn == nil {
		p.DependsOn = map[string]plan.Condition{}
	}
	p.DependsOn[on.Name] = condition
}

// probes gives a process probes that pass, and sometimes one that doesn't.
func (t *trial) probes(p *plan.Process, n int) {
	a := t.acts[p.Name]
	if t.random.IntN(3) == 0 {
		p.StartupProbe = &plan.Probe{PeriodSeconds: 0.1, TimeoutSeconds: 5, SuccessThreshold: 1, FailureThreshold: 100}
		switch t.random.IntN(3) {
		case 0:
			p.StartupProbe.Notify, a.passes = true, atWord
		case 1:
			a.path, a.passes = "/ok/"+strconv.FormatUint(t.seed, 10)+"/"+p.Name, onAnswer
			p.StartupProbe.HTTPGet = t.get(a.path)
		default:
			p.StartupProbe.TCPSocket = &plan.TCPSocket{Host: "127.0.0.1", Port: t.answers.port}
		}
	}
	if t.random.IntN(3) == 0 {
		p.LivenessProbe = &plan.Probe{PeriodSeconds: 0.1, TimeoutSeconds: 5, SuccessThreshold: 1, FailureThreshold: 3}
		p.LivenessProbe.Exec = &plan.Exec{Command: []string{"/bin/true"}}
	}
	if t.about(0.5, n) {
		failing := &plan.Probe{PeriodSeconds: 0.1, TimeoutSeconds: 0.2, SuccessThreshold: 1, FailureThreshold: 1 + t.random.IntN(3)}
		failing.HTTPGet = t.get([]string{"/mute", "/drip", "/reset", "/fail"}[t.random.IntN(4)])
		if a.fails = true; t.random.IntN(2) == 0 {
			p.StartupProbe, a.passes = failing, never
		} else {
			p.LivenessProbe = failing
		}
	}
	t.acts[p.Name] = a
}

func (t *trial) get(path string) *plan.HTTPGet {
	return &plan.HTTPGet{Scheme: "http", Host: "127.0.0.1", Port: t.answers.port, Path: path}
}

// linger has a process go on for a while before it is told to stop.
func (t *trial) linger(p *plan.Process) {
	if t.random.IntN(8) == 0 {
		p.StopDelaySeconds = 0.2
	}
	switch t.random.IntN(16) {
	case 0:
		p.PreStop = &plan.Hook{Exec: &plan.Exec{Command: []string{"/bin/true"}}}
	case 1:
		p.PreStop = &plan.Hook{HTTPGet: t.get("/mute")}
	}
}

// fitPlan gives all processes their commands, now that the place is known: only where something is bounded somebody uses it up.
func (t *trial) fitPlan() {
	for i := range t.plan.Sidecars {
		p := &t.plan.Sidecars[i]
		a := t.acts[p.Name]
		a.greedy, a.hoards = a.greedy && t.place.want == "memory", a.hoards && t.place.want == "processes"
		t.acts[p.Name] = a
		p.Command = t.command(p.Name)
	}
	if t.place.output == "gone" {
		t.plan.App.Logs = plan.Prefix
	}
	t.app = t.command(plan.AppName)
}

func (t *trial) command(name string) []string {
	a, ways := t.acts[name], "-"
	if a.daemons {
		ways += []string{"d", "o"}[t.random.IntN(2)]
	}
	if a.hoards {
		ways += "h"
	}
	if a.greedy {
		ways += "e"
	}
	ready := -1
	if a.passes == atWord {
		ready = t.random.IntN(400)
	}
	lines := t.random.IntN(300)
	if t.random.IntN(20) == 0 {
		lines *= 20
	}
	text := []string{t.child, t.dir, name}
	for _, n := range []int{lines, a.life, a.status, a.term, ready} {
		text = append(text, strconv.Itoa(n))
	}
	return append(text, ways)
}
