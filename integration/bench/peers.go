package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// job is what a supervisor is given to run: the sidecars and, last, the app.
type job struct {
	dir       string // where its files will be
	processes []command
	prefixed  bool // the app's lines carry its name too, where a supervisor leaves that to be chosen
	oneFate   bool // the end of one is to be the end of all
	watched   bool // the sidecars' memory is watched, by those who can
}

type command struct {
	name string
	argv []string
}

func (j job) app() command        { return j.processes[len(j.processes)-1] }
func (j job) sidecars() []command { return j.processes[:len(j.processes)-1] }

// files are what a supervisor reads: their texts by their paths below the job's dir. Those that begin with #! are made executable.
type files map[string]string

// peer is a way to run a job.
type peer struct {
	name     string
	programs []string // what has to be on the machine, and counts as its size
	start    func(job) ([]string, files)

	inherits bool        // its children write to its own outputs
	stop     unix.Signal // what asks it to stop; 0 is SIGTERM
	forgives bool        // it has no way to end with one of the sidecars
	slow     bool        // it takes seconds to start and to stop
}

// The names of the two that the others are compared with.
const (
	floor = "Go floor"
	ours  = "**Sidecar**"
)

func peers(supervisor string) []peer {
	return []peer{
		{name: floor, programs: []string{"floor"}, start: startFloor, inherits: true},
		{name: ours, programs: []string{supervisor}, start: func(j job) ([]string, files) { return startOurs(supervisor, j) }},
		{name: "bash", programs: []string{"bash"}, start: startBash, inherits: true},
		{name: "tini", programs: []string{"tini", "bash"}, start: startTini, inherits: true, forgives: true},
		{name: "dumb-init", programs: []string{"dumb-init", "bash"}, start: startDumbInit, inherits: true, forgives: true},
		{name: "s6", programs: []string{"s6-svscan", "s6-supervise"}, start: startS6, inherits: true},
		{name: "s6 + s6-log", programs: []string{"s6-svscan", "s6-supervise", "s6-log"}, start: startS6WithLogs},
		{name: "runit", programs: []string{"runsvdir", "runsv"}, start: startRunit, inherits: true, stop: unix.SIGHUP},
		{name: "supervisord", programs: []string{"supervisord", "/usr/bin/python3"}, start: startSupervisord, slow: true},
		{name: "process-compose", programs: []string{"process-compose"}, start: startProcessCompose},
		{name: "hivemind", programs: []string{"hivemind"}, start: startHivemind},
	}
}

func (p peer) installed() bool {
	for _, program := range p.programs {
		if _, err := exec.LookPath(program); err != nil {
			return false
		}
	}
	return true
}

func (p peer) stopSignal() unix.Signal {
	if p.stop != 0 {
		return p.stop
	}
	return unix.SIGTERM
}

func startFloor(j job) ([]string, files) {
	argv := []string{"floor"}
	for i, c := range j.processes {
		if i > 0 {
			argv = append(argv, "--")
		}
		argv = append(argv, c.argv...)
	}
	return argv, nil
}

func startOurs(supervisor string, j job) ([]string, files) {
	p := plan.Plan{Type: "web", App: planned(plan.AppName, nil, plan.Raw)}
	if j.prefixed {
		p.App.Logs = plan.Prefix
	}
	for _, c := range j.sidecars() {
		sidecar := planned(c.name, c.argv, plan.Prefix)
		if j.watched {
			sidecar.Memory, sidecar.MemoryPolicy = plan.G, plan.WarnOver
		}
		p.Sidecars = append(p.Sidecars, sidecar)
	}
	var text bytes.Buffer
	if err := plan.Encode(&text, p); err != nil {
		panic(err) // of what was just made
	}
	argv := append([]string{supervisor, "run", p.Type, "--plan", j.dir + "/plan.toml", "--"}, j.app().argv...)
	return argv, files{"plan.toml": text.String()}
}

// planned is a process as declared with nothing but its name and command.
func planned(name string, argv []string, logs plan.Logs) plan.Process {
	return plan.Process{
		Name: name, Command: argv, InheritEnv: []string{plan.Everything},
		Restart: plan.Never, MaxRestarts: 5, RestartWindowSeconds: 60, Essential: true,
		StopSignal: "SIGTERM", StopGracePeriodSeconds: 5, Logs: logs,
	}
}

// startBash is a script as careful as a short one can be.
func startBash(j job) ([]string, files) {
	script := "#!/bin/bash\nend() { trap '' TERM; kill $(jobs -p) 2>/dev/null; wait; exit \"$1\"; }\ntrap 'end 143' TERM\n"
	for _, c := range j.processes {
		script += shell(c.argv) + " &\n"
	}
	return []string{j.dir + "/start"}, files{"start": script + "wait -n\nend $?\n"}
}

// sidecarsBeside is the script that people write when an init does the rest.
func sidecarsBeside(j job) files {
	script := "#!/bin/bash\n"
	for _, c := range j.sidecars() {
		script += shell(c.argv) + " &\n"
	}
	return files{"start": script + "exec " + shell(j.app().argv) + "\n"}
}

func startTini(j job) ([]string, files) {
	return []string{"tini", "-s", "-g", "--", j.dir + "/start"}, sidecarsBeside(j)
}

func startDumbInit(j job) ([]string, files) {
	return []string{"dumb-init", "--", j.dir + "/start"}, sidecarsBeside(j)
}

func startS6WithLogs(j job) ([]string, files) {
	argv, f := startS6(j)
	for _, c := range j.sidecars() {
		f["services/"+c.name+"/log/run"] = "#!/bin/sh\nexec s6-log -b 'p" + c.name + " | ' 1\n"
	}
	return argv, f
}

func startS6(j job) ([]string, files) {
	f := files{}
	for _, c := range j.processes {
		f["services/"+c.name+"/run"] = "#!/bin/sh\nexec " + shell(c.argv) + "\n"
		if j.oneFate {
			f["services/"+c.name+"/finish"] = "#!/bin/sh\nstatus=$1\n[ $status -lt 256 ] || status=$((128 + $2))\n" +
				"[ -e ../../status ] || echo $status >../../status\nexec s6-svscanctl -t ..\n"
		}
	}
	if j.oneFate {
		f["services/.s6-svscan/finish"] = "#!/bin/sh\nread status <../status && exit $status\n"
	}
	return []string{"s6-svscan", j.dir + "/services"}, f
}

func startRunit(j job) ([]string, files) {
	f := files{"start": "#!/bin/sh\ncd \"$(dirname \"$0\")\" && echo $$ >pid && exec runsvdir -P services\n"}
	for _, c := range j.processes {
		f["services/"+c.name+"/run"] = "#!/bin/sh\nexec " + shell(c.argv) + "\n"
		if j.oneFate {
			f["services/"+c.name+"/finish"] = "#!/bin/sh\nread pid <../../pid && rm ../../pid && kill -HUP $pid\n"
		}
	}
	return []string{j.dir + "/start"}, f
}

func startSupervisord(j job) ([]string, files) {
	ini := "[supervisord]\nnodaemon=true\nuser=root\nlogfile=/dev/null\nlogfile_maxbytes=0\nloglevel=error\npidfile=" + j.dir + "/pid\n"
	for _, c := range j.processes {
		ini += fmt.Sprintf("[program:%s]\ncommand=%s\nautorestart=%t\n", c.name, shell(c.argv), !j.oneFate) +
			"redirect_stderr=true\nstdout_logfile=/dev/fd/1\nstdout_logfile_maxbytes=0\n"
	}
	f := files{}
	if j.oneFate {
		ini += "[eventlistener:end]\ncommand=" + j.dir + "/end\nbuffer_size=100\nevents=PROCESS_STATE_EXITED,PROCESS_STATE_FATAL\n"
		f["end"] = "#!/bin/bash\necho READY\nwhile read -r _; do kill $PPID; done\n"
	}
	f["supervisord.conf"] = ini
	return []string{"supervisord", "-c", j.dir + "/supervisord.conf"}, f
}

func startProcessCompose(j job) ([]string, files) {
	yaml := "version: '0.5'\nprocesses:\n"
	for _, c := range j.processes {
		yaml += fmt.Sprintf("  %s:\n    command: %q\n", c.name, shell(c.argv))
		if j.oneFate {
			yaml += fmt.Sprintf("    availability: {restart: exit_on_failure, exit_on_end: %t}\n", c.name == plan.AppName)
		}
	}
	argv := []string{"process-compose", "--tui=false", "--no-server", "--disable-dotenv",
		"--log-file", j.dir + "/log", "-f", j.dir + "/compose.yaml", "up"}
	return argv, files{"compose.yaml": yaml}
}

func startHivemind(j job) ([]string, files) {
	procfile := ""
	for _, c := range j.processes {
		procfile += c.name + ": exec " + shell(c.argv) + "\n"
	}
	return []string{"hivemind", "--root", j.dir, j.dir + "/Procfile"}, files{"Procfile": procfile}
}

// shell quotes an argv for a POSIX shell.
func shell(argv []string) string {
	quoted := make([]string, len(argv))
	for i, word := range argv {
		quoted[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return strings.Join(quoted, " ")
}
