package plan

import (
	"fmt"
	"math"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/probe"
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
	switch {
	case app != (q.Name == AppName):
		return "has the wrong name: the app, and nothing else, is called app"
	case !app && (len(q.Command) == 0 || q.Command[0] == ""):
		return "has no command"
	case !slices.Contains([]Restart{Never, OnFailure, Always}, q.Restart):
		return fmt.Sprintf("has the restart policy %q", q.Restart)
	case !slices.Contains([]Logs{Raw, Prefix, JSON}, q.Logs):
		return fmt.Sprintf("has logs of the form %q", q.Logs)
	case !slices.Contains([]MemoryPolicy{"", WarnOver, RestartOver, StopOver}, q.MemoryPolicy):
		return fmt.Sprintf("has the memory policy %q", q.MemoryPolicy)
	case unix.SignalNum(q.StopSignal) == 0:
		return fmt.Sprintf("has the stop signal %q", q.StopSignal)
	case !within(q.StopGracePeriodSeconds) || !within(q.RestartWindowSeconds):
		return "has a time below 0 or above 2147483647 seconds"
	}
	for name, condition := range q.DependsOn {
		if !slices.Contains([]Condition{Started, Ready, Completed}, condition) {
			return fmt.Sprintf("waits for %s to be %q", name, condition)
		}
	}
	if slices.ContainsFunc([]*probe.Probe{q.StartupProbe, q.ReadinessProbe, q.LivenessProbe}, senselessProbe) {
		return "has a probe with nothing to run, or a period, timeout or threshold of nothing"
	}
	return ""
}

func within(seconds float64) bool { return seconds >= 0 && seconds <= mostSeconds }

func senselessProbe(p *probe.Probe) bool {
	return p != nil && !(within(p.InitialDelaySeconds) && within(p.PeriodSeconds) && probe.Seconds(p.PeriodSeconds) > 0 &&
		within(p.TimeoutSeconds) && p.SuccessThreshold > 0 && p.FailureThreshold > 0 &&
		(p.Exec == nil || len(p.Exec.Command) > 0 && p.Exec.Command[0] != ""))
}
