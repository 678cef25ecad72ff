package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/memory"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
	"github.com/sidecar-buildpack/sidecar/sidecar/supervise"
)

// launch decides what each process of p is started with: its command, its environment, its share of the container's memory.
func launch(p plan.Plan, app []string, s settings) (supervise.Launch, error) {
	l := supervise.Launch{Budget: s.budget, Level: s.level}
	for _, process := range p.Processes() {
		argv := process.Command
		if process.Name == plan.AppName {
			argv = app
		}
		l.Processes = append(l.Processes, supervise.Process{Argv: argv, Env: supervise.Environment(os.Environ(), process), Share: process.Memory})
	}
	if s.policy == memory.Off || !concerned(p) {
		return l, nil
	}
	divided, err := divide(p, l, s)
	if err != nil && s.policy == memory.Warn {
		l.Opening = []supervise.Report{{Level: supervise.Info, Text: err.Error() + ": nothing is divided"}}
		return l, nil
	}
	return divided, err
}

// concerned tells whether there is anything to divide or, for a JVM beside an app whose heap was calculated, to keep apart.
func concerned(p plan.Plan) bool {
	return os.Getenv("JAVA_TOOL_OPTIONS") != "" || slices.ContainsFunc(p.Sidecars, func(s plan.Process) bool { return s.Memory > 0 })
}

// divide tells each process its share of the memory.
func divide(p plan.Plan, l supervise.Launch, s settings) (supervise.Launch, error) {
	container := memory.Container{Limit: s.total, Source: memory.TotalVariable}
	if s.total == 0 {
		var err error
		if container, err = memory.Limit(""); err != nil {
			return l, fmt.Errorf("memory: the container's limit can't be read: %w: set %s", err, memory.TotalVariable)
		}
	}
	var shares []memory.Share
	for _, sidecar := range p.Sidecars {
		shares = append(shares, memory.Share{Name: sidecar.Name, Memory: sidecar.Memory})
	}
	division, err := memory.Divide(container, p.Type, shares)
	if err != nil {
		return l, err
	}
	score := ownScore()
	var opening []supervise.Report
	if division.Reserved() > 0 {
		opening = append(opening, supervise.Report{Level: supervise.Info, Text: division.Bar(memory.UTF8(os.Getenv))})
	}
	processes := make([]supervise.Process, len(l.Processes))
	for i, process := range p.Processes() {
		env, notes, err := division.Environment(process.Name, l.Processes[i].Argv, l.Processes[i].Env)
		if err != nil {
			return l, err
		}
		processes[i] = l.Processes[i]
		processes[i].Env = env
		if process.Name == plan.AppName {
			processes[i].Share = division.App.Memory
		}
		if adj := division.OOMScoreAdj(process.Name, score); adj != score {
			processes[i].OOMScoreAdj = adj
		}
		for _, note := range notes {
			opening = append(opening, supervise.Report{Level: supervise.Debug, Text: "memory: " + process.Name + ": " + note})
		}
	}
	l.Processes, l.Opening = processes, opening
	return l, nil
}

// ownScore is the supervisor's own oom_score_adj, which its children inherit (proc(5)).
func ownScore() int {
	text, _ := os.ReadFile("/proc/self/oom_score_adj")
	score, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return score
}
