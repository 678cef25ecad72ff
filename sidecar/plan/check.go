package plan

import (
	"math"
	"slices"
	"strconv"
)

// mostSeconds is sixty-eight years, less than what a time.Duration can hold.
const mostSeconds = math.MaxInt32

// senseless names a process that it makes no sense to run, and why. Builds write none; people who edit the file may.
func (p Plan) senseless() (process, problem string) {
	graph := p.Graph()
	for i, q := range p.Processes() {
		problem = q.problem(i == len(p.Sidecars))
		for _, e := range graph[i] {
			if e.On == i || reaches(graph, e.On, i) {
				problem = "depends on itself, by way of " + p.Processes()[e.On].Name
			}
		}
		if problem != "" {
			return q.Name, problem
		}
	}
	return "", ""
}

// problem says what is wrong with a process by itself.
func (q Process) problem(app bool) string {
	for _, problem := range []string{q.identityProblem(app), q.wordProblem(app), q.timeProblem(), q.commandProblem(), q.Sandbox.problem()} {
		if problem != "" {
			return problem
		}
	}
	return ""
}

func (q Process) identityProblem(app bool) string {
	switch {
	case app != (q.Name == AppName):
		return "has the wrong name: the app, and nothing else, is called app"
	case !app && !runnable(q.Command):
		return "has no command"
	}
	return ""
}

// wordProblem returns a word that is none of those that its key knows.
func (q Process) wordProblem(app bool) string {
	switch {
	case !slices.Contains([]Restart{Never, OnFailure, Always}, q.Restart):
		return "has the restart policy " + strconv.Quote(string(q.Restart))
	case !slices.Contains([]Logs{Raw, Prefix, JSON}, q.Logs):
		return "has logs of the form " + strconv.Quote(string(q.Logs))
	case !slices.Contains([]MemoryPolicy{"", WarnOver, RestartOver, StopOver, LimitOver}, q.MemoryPolicy):
		return "has the memory policy " + strconv.Quote(string(q.MemoryPolicy))
	case q.OnChange != nil && (q.OnChange.Do != DoRestart || app) && StopSignal(q.OnChange.Do) == 0:
		return "is to " + strconv.Quote(q.OnChange.Do) + " on a change"
	case StopSignal(q.StopSignal) == 0:
		return "has the stop signal " + strconv.Quote(q.StopSignal)
	}
	for name, condition := range q.DependsOn {
		if !slices.Contains([]Condition{Started, Ready, Completed}, condition) {
			return "waits for " + name + " to be " + strconv.Quote(string(condition))
		}
	}
	return ""
}

func (q Process) timeProblem() string {
	for _, seconds := range []float64{q.StopGracePeriodSeconds, q.StopDelaySeconds, q.RestartWindowSeconds, q.BackoffSeconds,
		q.BackoffMaxSeconds} {
		if !within(seconds) {
			return "has a time below 0 or above 2147483647 seconds"
		}
	}
	return ""
}

func (q Process) commandProblem() string {
	if h := q.PreStop; h != nil && h.HTTPGet == nil && (h.Exec == nil || !runnable(h.Exec.Command)) {
		return "has a pre-stop with nothing to do"
	}
	all := q.Probes.All()
	if slices.ContainsFunc(all[:], senselessProbe) {
		return "has a probe with nothing to run, or a period, timeout or threshold of nothing"
	}
	return ""
}

func runnable(command []string) bool { return len(command) > 0 && command[0] != "" }

func within(seconds float64) bool { return seconds >= 0 && seconds <= mostSeconds }

func senselessProbe(p *Probe) bool {
	return p != nil && !(within(p.InitialDelaySeconds) && within(p.PeriodSeconds) && Seconds(p.PeriodSeconds) > 0 &&
		within(p.TimeoutSeconds) && p.SuccessThreshold > 0 && p.FailureThreshold > 0 &&
		(p.Exec == nil || runnable(p.Exec.Command)))
}
