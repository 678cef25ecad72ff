package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// gates: nobody starts before what it depends on, and the app not before its essential sidecars have started.
func (t *trial) gates() string {
	for _, p := range t.plan.Processes() {
		lives := slices.DeleteFunc(t.livesOf(p.Name), (*life).unheard)
		if len(lives) == 0 {
			continue
		}
		for on, condition := range p.DependsOn {
			if problem := t.gate(lives[0], on, condition); problem != "" {
				return problem
			}
		}
		if p.Name != plan.AppName {
			continue
		}
		for _, sidecar := range t.plan.Sidecars {
			if !sidecar.Essential {
				continue
			}
			if problem := t.gate(lives[0], sidecar.Name, plan.Started); problem != "" {
				return problem
			}
		}
	}
	return ""
}

// gate holds the start of a process to one condition. Children tell the time before they say that they are ready, and after they were
// started, so that no delay can make an order look wrong. Who has exited with 0 has completed, and has started.
func (t *trial) gate(l *life, on string, condition plan.Condition) string {
	opened := int64(math.MaxInt64)
	if condition != plan.Ready {
		opened = t.completed(on)
	}
	var what string
	switch a := t.acts[on]; {
	case condition == plan.Completed:
		what = "had exited with 0"
	case a.passes == atWord:
		what = "had said READY=1"
		for _, other := range t.livesOf(on) {
			if e, said := other.find("ready"); said {
				opened = min(opened, e.at)
			}
		}
	case a.passes == onAnswer:
		what = "had passed its startup probe"
		if at := t.answers.asked(a.path); at > 0 {
			opened = min(opened, at)
		}
	case a.passes == never:
		what = "had passed its startup probe, which never does"
	default:
		return t.bornLater(l, on)
	}
	if l.begun() < opened {
		return fmt.Sprintf("%s was started before %s %s", l.name, on, what)
	}
	return ""
}

// completed is the first moment at which a process can have exited with 0, by itself or since somebody told it to end.
func (t *trial) completed(name string) int64 {
	first := int64(math.MaxInt64)
	for _, l := range t.livesOf(name) {
		if status, at, own := l.status(); own && status == 0 {
			first = min(first, at)
		}
	}
	return first
}

// bornLater holds a start to that of another process, by the kernel's account.
func (t *trial) bornLater(l *life, on string) string {
	others := t.livesOf(on)
	if len(others) == 0 {
		return "" // it may not have come as far as to us
	}
	mine, _ := l.find("start")
	its, _ := others[0].find("start")
	if !others[0].unheard() && mine.detail < its.detail && !t.missed() {
		return fmt.Sprintf("%s was started before %s was", l.name, on)
	}
	return ""
}

// runs: nobody is started more often than it may be, too early, or while something is left of its last run.
func (t *trial) runs() string {
	for _, p := range t.plan.Processes() {
		lives := t.livesOf(p.Name)
		most := 1
		if p.Restart != plan.Never {
			most += p.MaxRestarts
		}
		if len(lives) > most {
			return fmt.Sprintf("%s was started %d times, and may be %d times", p.Name, len(lives), most)
		}
		for i, l := range lives {
			if _, locked := l.find("locked"); locked {
				return p.Name + " was started while something of its last run held its lock"
			}
			if i == 0 {
				continue
			}
			if _, at, own := lives[i-1].status(); own && !l.unheard() && l.begun() < at+int64(backoff*1e9) {
				return fmt.Sprintf("%s was restarted %v after its end", p.Name, time.Duration(l.begun()-at))
			}
		}
	}
	return ""
}

// graces: nobody is killed before it has had its grace.
func (t *trial) graces() string {
	for _, l := range t.lives {
		if _, _, own := l.status(); own || l.end == 0 || t.faulted(l.pid, unix.SIGKILL) > 0 || t.acts[owner(l)].greedy {
			continue
		}
		if early := t.mayBeKilled(l) - l.end; early > 0 {
			return fmt.Sprintf("%s (%d) was killed %v before its grace was over", l.name, l.pid, time.Duration(early))
		}
	}
	return ""
}

// owner is the process that a life, or a daemon's, belongs to.
func owner(l *life) string { return strings.TrimSuffix(l.name, "-daemon") }

// mayBeKilled is the first moment at which the supervisor may kill a process: its grace after whatever may have had it told to stop.
func (t *trial) mayBeKilled(l *life) int64 {
	name := owner(l)
	if t.acts[name].fails || t.place.starved() || t.place.want == "memory" || t.missed() {
		return 0 // it may be told at any moment
	}
	told := t.stopBegan()
	for _, other := range t.livesOf(name) { // what an ended run has left behind is told
		if _, at, own := other.status(); own {
			told = min(told, at)
		}
		for _, sig := range []unix.Signal{unix.SIGKILL, unix.SIGTERM} {
			if at := t.faulted(other.pid, sig); at > 0 {
				told = min(told, at)
			}
		}
	}
	grace := plan.Seconds(t.process(name).StopGracePeriodSeconds)
	reserve := time.Second
	if t.hurried {
		reserve, grace = time.Second/2, min(grace, time.Second)
	}
	if name == plan.AppName {
		grace = time.Second + (time.Second - reserve) // what the budget leaves it, less what is kept for the sidecars
		if t.hurried {
			grace = reserve
		}
	}
	if told == math.MaxInt64 {
		return told
	}
	return told + int64(grace)
}

// stopBegan is the first moment at which all may have been told to stop: SIGTERM, or an end that all can follow from.
func (t *trial) stopBegan() int64 {
	began := int64(math.MaxInt64)
	if t.stopAsked > 0 {
		began = t.stopAsked
	}
	for _, l := range t.lives {
		p := t.process(l.name)
		if p == nil || !p.Essential && len(t.neededBy(l.name)) == 0 {
			continue
		}
		if t.acts[l.name].fails {
			return 0
		}
		if _, at, own := l.status(); own {
			began = min(began, at)
		}
		for _, f := range t.faults {
			if f.pid == l.pid {
				began = min(began, f.at)
			}
		}
	}
	return began
}

// neededBy are those that depend on a process.
func (t *trial) neededBy(name string) (names []string) {
	for _, p := range t.plan.Processes() {
		if _, needs := p.DependsOn[name]; needs {
			names = append(names, p.Name)
		}
	}
	return names
}

// stopOrder: no sidecar is told before the app has ended, and none before those that depend on it.
func (t *trial) stopOrder() string {
	if t.hurried || t.missed() {
		return ""
	}
	for _, first := range t.plan.Processes() {
		for _, then := range t.plan.Sidecars {
			_, depends := first.DependsOn[then.Name]
			if first.Name != plan.AppName && !depends {
				continue
			}
			a, before := t.told(first.Name)
			b, told := t.told(then.Name)
			if before && told && b < a {
				return fmt.Sprintf("%s was told to stop %v before %s had ended", then.Name, time.Duration(a-b), first.Name)
			}
		}
	}
	return ""
}

// told is when the last run of a process was told to stop, where only the end of all can have been the reason.
func (t *trial) told(name string) (at int64, told bool) {
	lives := t.livesOf(name)
	if len(lives) == 0 || t.acts[name].fails {
		return 0, false
	}
	l := lives[len(lives)-1]
	if slices.ContainsFunc(t.faults, func(f fault) bool { return f.pid == l.pid }) {
		return 0, false
	}
	e, told := l.find("term")
	return e.at, told
}
