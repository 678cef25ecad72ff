package main

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// judge holds what was seen to the promises of docs/order-and-health.md, docs/logs.md and docs/errors.md.
func (t *trial) judge() (broken []string) {
	t.cause = t.readCause()
	for _, promise := range []func() string{
		t.noCrash, t.noZombie, t.oneCause, t.trueCause, t.exitCode, t.oneFate, t.gates, t.runs, t.graces, t.stopOrder, t.linesWhole,
	} {
		if is := promise(); is != "" {
			broken = append(broken, fmt.Sprintf("%s\n%s%s", is, t.history(), &t.stderr))
		}
	}
	return broken
}

// noCrash: the supervisor ends by itself, without a trace of Go's.
func (t *trial) noCrash() string {
	if t.code < 0 || bytes.Contains(t.stderr.Bytes(), []byte("goroutine ")) {
		return "it crashed: " + t.cmd.ProcessState.String()
	}
	return ""
}

// noZombie: whoever has ended is awaited, whoever's it was.
func (t *trial) noZombie() string { return t.zombie }

// by is who began the end of all.
type by int

const (
	unknown   by = iota
	byTerm       // SIGTERM
	bySidecar    // the end of one, which the cause names
	byApp        // the end of the app, of which nothing needs to be said
	byStart      // the app can't be started, for what the cause says
)

// cause is why all stopped, by the supervisor's own account.
type cause struct {
	kind by
	name string // the sidecar's
	text string
}

var (
	sidecarLine = regexp.MustCompile(`^supervisor \| sidecar "([^"]+)" (.*); stopping web$`)
	appLine     = regexp.MustCompile(`^supervisor \| web (.*); stopping its sidecars$`)
	startLine   = regexp.MustCompile(`^supervisor \| web (can't (?:be started|start): .*)$`)
	sharedLine  = regexp.MustCompile(`(?m)^supervisor \| SIGTERM came, to (?:web|sidecar "([^"]+)") too$`)
	codeLine    = regexp.MustCompile(`^supervisor \| exit code (\d+): `)
)

func (t *trial) causes() (all []cause) {
	for line := range strings.Lines(t.stderr.String()) {
		line = strings.TrimSuffix(line, "\n")
		if m := sidecarLine.FindStringSubmatch(line); m != nil {
			all = append(all, cause{bySidecar, m[1], m[2]})
		} else if m := appLine.FindStringSubmatch(line); m != nil {
			all = append(all, cause{byApp, plan.AppName, m[1]})
		} else if m := startLine.FindStringSubmatch(line); m != nil {
			all = append(all, cause{byStart, plan.AppName, m[1]})
		} else if line == "supervisor | SIGTERM came; stopping web" {
			all = append(all, cause{byTerm, "", line})
		}
	}
	return all
}

func (t *trial) readCause() cause {
	switch all := t.causes(); {
	case sharedLine.MatchString(t.stderr.String()):
		return cause{kind: byTerm, text: "shared"}
	case len(all) > 0:
		return all[0]
	case t.place.output == "closed":
		return cause{}
	}
	return cause{byApp, plan.AppName, ""}
}

// oneCause: at most one line says why all stops, and what is said of the exit code at the end is true.
func (t *trial) oneCause() string {
	if all := t.causes(); len(all) > 1 {
		return fmt.Sprintf("it named %d causes: %v", len(all), all)
	}
	for line := range strings.Lines(t.stderr.String()) {
		if m := codeLine.FindStringSubmatch(line); m != nil && m[1] != fmt.Sprint(t.code) {
			return fmt.Sprintf("it exited with %d, but said: %s", t.code, line)
		}
	}
	return ""
}

func (t *trial) process(name string) *plan.Process {
	for _, p := range t.plan.Processes() {
		if p.Name == name {
			return &p
		}
	}
	return nil
}

// trueCause: who is named has ended, for good, and was essential.
func (t *trial) trueCause() string {
	c := t.cause
	switch c.kind {
	case byTerm:
		if t.stopAsked == 0 {
			return "nobody has sent the SIGTERM that it speaks of"
		}
	case byApp:
		if lives := t.livesOf(plan.AppName); len(lives) > 0 && !t.endsByItself(lives[len(lives)-1]) {
			return "it stopped as if the app had ended by itself, which it did not: " + c.text
		}
	case bySidecar:
		return t.trueSidecar()
	}
	return ""
}

// trueSidecar: a sidecar that is the cause was essential, and was not to be started again.
func (t *trial) trueSidecar() string {
	p, text := t.process(t.cause.name), t.cause.text
	switch {
	case p == nil || !p.Essential:
		return "it stopped for a sidecar that isn't essential: " + text
	case strings.Contains(text, "can't"), strings.Contains(text, "has used up its restarts"), p.Restart == plan.Never:
	case p.Restart == plan.Always || !slices.Contains(t.codes(t.cause.name), 0):
		return "it stopped for a sidecar that was to be restarted: " + text
	}
	return ""
}

// endsByItself reports whether a life ended on its own account, or by a fault, and not on account of the stop.
func (t *trial) endsByItself(l *life) bool {
	_, byItself := l.find("exit")
	return byItself || t.faulted(l.pid, unix.SIGKILL) > 0 || t.faulted(l.pid, unix.SIGTERM) > 0
}

// faulted is when a process was sent a signal by us; 0 where it was not.
func (t *trial) faulted(pid int, sig unix.Signal) int64 {
	for _, f := range t.faults {
		if f.pid == pid && f.signal == sig {
			return f.at
		}
	}
	return 0
}

// missed reports whether a fault has hit a process that hadn't come to us yet. It may have been anyone's last run, or a probe.
func (t *trial) missed() bool {
	return slices.ContainsFunc(t.faults, func(f fault) bool {
		return !slices.ContainsFunc(t.lives, func(l *life) bool { return l.pid == f.pid })
	})
}

const sigkill, sigterm = 128 + int(unix.SIGKILL), 128 + int(unix.SIGTERM)

// codes are those that the last run of a process can have ended with, as far as one can know.
func (t *trial) codes(name string) (codes []int) {
	lives := t.livesOf(name)
	if len(lives) == 0 || t.missed() {
		codes = append(codes, sigkill, sigterm) // before it could come to us
	}
	if len(lives) == 0 {
		if t.place.starved() {
			codes = append(codes, 126)
		}
		return codes
	}
	l := lives[len(lives)-1]
	status, _, own := l.status()
	if own {
		codes = append(codes, status)
	}
	if !own || t.faulted(l.pid, unix.SIGKILL) > 0 || l.end >= t.mayBeKilled(l) {
		codes = append(codes, sigkill)
	}
	return codes
}

// exitCode is the app's or, where that was the cause, the sidecar's; 1 where that was 0 or the supervisor's own doing.
func (t *trial) exitCode() string {
	codes := t.codes(plan.AppName)
	failed := strings.Contains(t.cause.text, "failed its ") || strings.Contains(t.cause.text, "was ended, since")
	switch c := t.cause; {
	case c.kind == unknown:
		for name := range t.acts {
			codes = append(codes, failing(t.codes(name))...)
		}
		codes = append(codes, 126, 1)
	case failed:
		codes = []int{1}
	case strings.Contains(c.text, "can't be started"):
		codes = []int{126, 127}
	case c.kind == bySidecar && !strings.HasPrefix(c.text, "can't start"):
		codes = failing(t.codes(c.name))
	case c.kind == byStart || c.kind == bySidecar:
		codes = t.rootCodes(c.text)
	}
	if late := strings.Contains(t.stderr.String(), "the stop has taken longer than its budget"); late && t.stalled > budget/2 {
		codes = append(codes, sigkill) // the guard's, which ended what the machine held up
	}
	if !slices.Contains(codes, t.code) {
		return fmt.Sprintf("it exited with %d, and not with one of %v, for the cause %+v", t.code, codes, t.cause)
	}
	return ""
}

var needs = regexp.MustCompile(`needs (\S+) (?:started|ready|completed), which`)

// rootCodes are those of the process that the last of those that were needed needed.
func (t *trial) rootCodes(text string) []int {
	all := needs.FindAllStringSubmatch(text, -1)
	if len(all) == 0 {
		return nil
	}
	return failing(t.codes(all[len(all)-1][1]))
}

// failing are codes of somebody who is a cause: 1 instead of 0.
func failing(codes []int) []int {
	codes = slices.Clone(codes)
	for i := range codes {
		codes[i] = max(1, codes[i])
	}
	return codes
}

// oneFate: an essential sidecar that ends for good stops the rest, long before we do.
func (t *trial) oneFate() string {
	if t.cause.kind != byTerm {
		return ""
	}
	for _, l := range t.lives {
		p := t.process(l.name)
		e, ended := l.find("exit")
		if p == nil || !ended || !p.Essential || p.Restart != plan.Never || t.acts[l.name].job && e.detail == 0 {
			continue
		}
		if before := time.Duration(t.stopAsked - e.at); before > time.Second+t.stalled {
			return fmt.Sprintf("%s ended %v before SIGTERM, and nothing followed from that", l.name, before)
		}
	}
	return ""
}
