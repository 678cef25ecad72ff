// Package launch starts an app and its sidecars in a container: it reads the plan and the settings, divides the memory, tells each runtime
// its share, and has all supervised.
package launch

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/fault"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/control"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/environment"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/health"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/machine"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/memory"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/proc"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/runtimes"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/sandbox"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/settings"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/supervise"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// Run supervises app as processType's app, and the sidecars that the plan in file has for it. An empty file stands for plan.toml in the
// directory above that of the running program. Run returns the container's exit code, or an error where nothing was started.
func Run(processType, file string, app []string) (int, error) {
	supervise.LimitThreads()
	signals, err := supervise.Hear()
	if err != nil {
		return 0, err
	}
	own, err := os.Executable() // not known where /proc is not mounted
	if err != nil && file == "" {
		return 0, fault.Around("where plan.toml lies can't be found out: ", err, ": name it with --plan")
	}
	if file == "" {
		file = filepath.Join(filepath.Dir(own), "..", "plan.toml")
	}
	p, err := plan.Read(file, processType)
	if err != nil {
		return 0, err
	}
	s, p, err := settings.Read(p, os.Environ())
	if err != nil {
		return 0, err
	}
	l, err := prepare(p, app, s)
	if err != nil {
		return 0, err
	}
	if err := fence(p, &l); err != nil {
		return 0, err
	}
	for _, warning := range s.Warnings {
		say(&l, warning)
	}
	l.Signals, l.Helper = signals, filepath.Join(filepath.Dir(own), "supervisor-probe")
	l.LogBuffer = int(s.LogBuffer)
	listener, err := control.Listen() // before anybody is started, who may ask at once
	if err != nil {
		say(&l, err.Error())
	}
	l.Control = func(supervisor *supervise.Supervisor) error {
		if listener != nil {
			go control.Serve(listener, supervisor)
		}
		if s.HealthAddress.Port == 0 {
			return nil
		}
		return health.Serve(s.HealthAddress, supervisor.Status)
	}
	return supervise.Run(p, l), nil
}

// say has something said before anybody is started.
func say(l *supervise.Launch, text string) {
	l.Opening = append(l.Opening, machine.Report{Level: machine.Info, Text: text})
}

// fence puts each process that has a sandbox into it.
func fence(p plan.Plan, l *supervise.Launch) error {
	for i, process := range p.Processes() {
		if process.Sandbox == nil {
			continue
		}
		start := &l.Processes[i]
		command, err := supervise.LookPath(start.Argv[0], process.WorkingDir, start.Env)
		if err != nil {
			command = start.Argv[0] // which is said when it is started
		}
		thread, missing, err := sandbox.Enter(*process.Sandbox, command, process.WorkingDir)
		if err != nil {
			return fault.Wrap(p.Titles()[i]+" ", err)
		}
		if start.Sandbox = thread; missing != "" {
			say(l, p.Titles()[i]+" is not all in its sandbox: "+missing)
		}
		for _, path := range thread.Absent {
			say(l, p.Titles()[i]+" can't use "+path+", which its sandbox names, not later either: it isn't there")
		}
	}
	return nil
}

// prepare decides what each process of p is started with: its command, its environment, its share of the container's memory.
func prepare(p plan.Plan, app []string, s settings.Settings) (supervise.Launch, error) {
	l := supervise.Launch{Budget: s.StopBudget, Level: s.Level}
	environ := environment.Declared(os.Environ(), p)
	var owns []map[string]string // by process
	for _, process := range p.Processes() {
		argv, env, err := environment.Of(environ, process)
		if err != nil {
			return l, err
		}
		if process.Name == plan.AppName {
			argv = app
		}
		owns = append(owns, own(environ, env, process))
		if process.Name != plan.AppName {
			var notes []string
			env, notes = runtimes.KeepApart(runtimes.Process{Env: env, Own: owns[len(owns)-1]})
			l.Opening = append(l.Opening, debug(process.Name, notes)...)
		}
		l.Processes = append(l.Processes, supervise.Process{Argv: argv, Env: env, Share: process.Memory})
	}
	if s.MemoryPolicy == memory.Off || !concerned(p, environ) {
		return l, nil
	}
	divided, err := divide(p, l, s, owns)
	if err != nil && s.MemoryPolicy == memory.Warn {
		say(&l, strings.TrimSuffix(err.Error(), memory.OrWarn)+": nothing is divided")
		return l, nil
	}
	return divided, err
}

// own returns what of a process's environment it has not inherited: what it declares, and what it reads elsewhere.
func own(inherited, env []string, p plan.Process) map[string]string {
	own := map[string]string{}
	for _, kv := range env {
		name, value, _ := strings.Cut(kv, "=")
		if _, declared := p.Env[name]; declared || len(p.EnvFrom) > 0 && !slices.Contains(inherited, kv) {
			own[name] = value
		}
	}
	return own
}

// debug makes lines for those who want to know of what notes say of a process.
func debug(process string, notes []string) (lines []machine.Report) {
	for _, note := range notes {
		lines = append(lines, machine.Report{Level: machine.Debug, Text: process + ": " + note})
	}
	return lines
}

// concerned reports whether there is anything to divide or, for a JVM beside an app that has options for its own, to keep apart.
func concerned(p plan.Plan, environ []string) bool {
	return runtimes.HasJavaOptions(environ) || slices.ContainsFunc(p.Sidecars, func(s plan.Process) bool { return s.Memory > 0 })
}

// divide tells each process its share of the memory. owns are the variables that each has not inherited.
func divide(p plan.Plan, l supervise.Launch, s settings.Settings, owns []map[string]string) (supervise.Launch, error) {
	container := memory.Container{Limit: s.MemoryTotal, Source: memory.TotalVariable}
	if s.MemoryTotal == 0 {
		var err error
		if container, err = memory.Limit(""); err != nil {
			return l, fault.Around("memory: the container's limit can't be read: ", err, ": set "+memory.TotalVariable)
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
	opening := l.Opening
	if division.Reserved() > 0 {
		opening = append(opening, machine.Report{Level: machine.Info, Text: division.Bar(memory.UTF8(os.Getenv))})
	}
	processes := make([]supervise.Process, len(l.Processes))
	for i, process := range p.Processes() {
		env, notes, err := runtimes.Environment(division, runtimes.Process{
			Name: process.Name, Argv: l.Processes[i].Argv, Env: l.Processes[i].Env, Own: owns[i],
		})
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
		opening = append(opening, debug("memory: "+process.Name, notes)...)
	}
	l.Processes, l.Opening = processes, opening
	return l, nil
}

// ownScore is the supervisor's own oom_score_adj, which its children inherit (proc(5)).
func ownScore() int {
	text, _ := proc.Read("/proc/self/oom_score_adj")
	score, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return score
}
