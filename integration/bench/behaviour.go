package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// question is something that a peer does or doesn't do.
type question struct {
	text   string
	answer func(*bench, peer) (string, error)
}

var questions = []question{
	{"exit status after `kill -9` of a sidecar", (*bench).statusAfterCrash},
	{"exit status after the app exits with 7", statusAfterExit(7)},
	{"exit status after the app exits with 0", statusAfterExit(0)},
	{"a daemonised grandchild, after a stop", leftAfterStop("daemon", false)},
	{"a grandchild that ignores SIGTERM, after a stop", leftAfterStop("heir", false)},
	{"a sidecar that ignores SIGTERM, after a stop", leftAfterStop("deaf", true)},
	{"children, after `kill -9` of the supervisor", (*bench).leftAfterKill},
	{"as PID 1: zombies of orphans", (*bench).zombies},
	{"as PID 1: stop signal", (*bench).stopAsPID1},
	{"lines of three writers that got torn, of 60,000", (*bench).tornLines},
	{"last lines before an exit that got lost, of 601", (*bench).lostLines},
	{"most memory for a line of 100 MB", (*bench).endlessLine},
	{"nobody reads the log, then a stop", (*bench).stalledStop},
}

// behaviours asks every peer every question.
func (b *bench) behaviours() ([]table, error) {
	t := table{name: "behaviour", header: append([]string{""}, names(b.peers)...)}
	for _, q := range questions {
		row := []string{q.text}
		for _, p := range b.peers {
			answer, err := q.answer(b, p)
			if err != nil {
				fmt.Fprintln(os.Stderr, "bench:", err)
				answer = "?"
			}
			row = append(row, answer)
		}
		t.rows = append(t.rows, row)
	}
	return []table{t}, nil
}

const goesOn = "goes on"

func (b *bench) statusAfterCrash(p peer) (string, error) {
	s := idle(1)
	s.oneFate = true
	t, err := b.started(p, s)
	if err != nil {
		return "", err
	}
	defer t.end()
	time.Sleep(p.breath())
	_ = unix.Kill(t.up["sidecar1"].pid, unix.SIGKILL)
	return t.statusWhenEnded(), nil
}

func statusAfterExit(code int) func(*bench, peer) (string, error) {
	return func(b *bench, p peer) (string, error) {
		s := idle(1)
		s.oneFate = true
		s.app = []string{"up", p.whileAllStart(), fmt.Sprintf("exit=%d", code)}
		t, err := b.started(p, s)
		if err != nil {
			return "", err
		}
		defer t.end()
		return t.statusWhenEnded(), nil
	}
}

func (t *trial) statusWhenEnded() string {
	if _, ok := t.ended(); !ok {
		return goesOn
	}
	if t.status < 0 {
		return unix.SignalName(unix.Signal(-t.status))
	}
	return fmt.Sprint(t.status)
}

// leftAfterStop tells what becomes of a child, or what it leaves behind, when all are asked to stop.
func leftAfterStop(word string, sidecar bool) func(*bench, peer) (string, error) {
	return func(b *bench, p peer) (string, error) {
		s := idle(1)
		if sidecar {
			s.sidecars = [][]string{{word, "up"}}
		} else {
			s.app = []string{word, "up"}
		}
		t, err := b.started(p, s)
		if err != nil {
			return "", err
		}
		defer t.end()
		time.Sleep(p.breath())
		asked := now()
		_ = unix.Kill(t.pid(), p.stopSignal())
		return t.outcome(asked), nil
	}
}

// outcome tells in how long all have ended since a stop was asked for, or what went on.
func (t *trial) outcome(asked int64) string {
	at, ok := t.ended()
	if !ok {
		return "waits for ever"
	}
	if _, ok := t.gone(settling); !ok {
		return "left running"
	}
	return "gone " + seconds(at-asked)
}

// seconds rounds to what matters to somebody who waits.
func seconds(nanoseconds int64) string {
	if d := time.Duration(nanoseconds); d >= 100*time.Millisecond {
		return fmt.Sprintf("in %.1f s", d.Seconds())
	}
	return "at once"
}

func (b *bench) leftAfterKill(p peer) (string, error) {
	t, err := b.started(p, idle(1))
	if err != nil {
		return "", err
	}
	defer t.end()
	_ = unix.Kill(t.pid(), unix.SIGKILL)
	if _, ok := t.gone(time.Second); !ok {
		return "run on", nil
	}
	return "gone", nil
}

// asPID1 starts a peer as the first process of a PID namespace and gives that process's PID as seen from outside.
func (b *bench) asPID1(p peer, s setting) (t *trial, pid int, err error) {
	s.pid1 = true
	if t, err = b.started(p, s); err != nil {
		return nil, 0, err
	}
	for _, q := range descendants(t.pid()) {
		if q.parent == t.pid() {
			return t, q.pid, nil
		}
	}
	t.end()
	return nil, 0, fmt.Errorf("%s: no process in its PID namespace", p.name)
}

func (b *bench) zombies(p peer) (string, error) {
	s := idle(1)
	s.app = []string{"orphan", "up"}
	t, _, err := b.asPID1(p, s)
	if err != nil {
		return "", err
	}
	defer t.end()
	time.Sleep(500 * time.Millisecond)
	zombies := slices.DeleteFunc(descendants(t.pid()), func(q process) bool { return !q.zombie })
	if len(zombies) == 0 {
		return "reaped", nil
	}
	return "pile up", nil
}

func (b *bench) stopAsPID1(p peer) (string, error) {
	t, pid, err := b.asPID1(p, idle(1))
	if err != nil {
		return "", err
	}
	defer t.end()
	time.Sleep(p.breath())
	asked := now()
	_ = unix.Kill(pid, p.stopSignal())
	at, ok := t.ended()
	if !ok {
		return "ignored", nil
	}
	return "gone " + seconds(at-asked), nil
}

// tornLines has two sidecars write lines in pieces and the app write others whole, all at the same time.
func (b *bench) tornLines(p peer) (string, error) {
	const each = 20000
	pieces := []string{"up", "nap=300", fmt.Sprintf("torn=%d", each)}
	text, err := b.output(p, setting{app: []string{"up", "nap=300", fmt.Sprintf("whole=%d", each)}, sidecars: [][]string{pieces, pieces}},
		func(t *trial) bool { return len(t.done) == 3 })
	if err != nil {
		return "", err
	}
	return fmt.Sprint(3*each - countWhole(text)), nil
}

var (
	numbered   = regexp.MustCompile(`^[^{}]*(\{(?:app|sidecar\d) \d{6} x*\})\r?$`)
	unfinished = regexp.MustCompile(`(?m)^[^{}]*unfinished\r?$`)
)

// countWhole counts the different numbered lines of c/child.c that nothing but a prefix shares a line with.
func countWhole(text []byte) int {
	whole := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if match := numbered.FindStringSubmatch(strings.TrimSuffix(line, "\n")); match != nil {
			whole[match[1]] = true
		}
	}
	return len(whole)
}

// lostLines has a sidecar write in its last moment, the last line without a newline. What counts is the worst of some rounds.
func (b *bench) lostLines(p peer) (string, error) {
	lost := 0
	for range 5 {
		s := idle(1)
		s.oneFate = true
		s.sidecars = [][]string{{"up", p.whileAllStart(), "whole=600", "unfinished", "exit=3"}}
		text, err := b.output(p, s, func(t *trial) bool { return t.done["sidecar1"].what != "" })
		if err != nil {
			return "", err
		}
		came := countWhole(text)
		if unfinished.Match(text) {
			came++
		}
		lost = max(lost, 601-came)
	}
	return fmt.Sprint(lost), nil
}

// output is all that a peer lets out: until its children have written what they have to and, where the end of one is that of all, until
// it has ended.
func (b *bench) output(p peer, s setting, written func(*trial) bool) ([]byte, error) {
	r, err := newReader(true)
	if err != nil {
		return nil, err
	}
	defer r.close()
	s.stdout = r.end
	t, err := b.started(p, s)
	if err != nil {
		return nil, err
	}
	defer t.end()
	if !t.await(30*time.Second, func() bool { return written(t) }) {
		return nil, fmt.Errorf("%s: its children can't get rid of their lines", p.name)
	}
	if s.oneFate {
		t.ended()
	}
	return r.text(), nil
}

// endlessLine tells how much memory a sidecar's line of 100 MB has taken at most (VmHWM in proc(5)).
func (b *bench) endlessLine(p peer) (string, error) {
	if p.inherits {
		return "no part in it", nil
	}
	r, err := newReader(false)
	if err != nil {
		return "", err
	}
	defer r.close()
	s := setting{app: []string{"up"}, sidecars: [][]string{{"up", "nap=300", "endless=100000000", "whole=1"}}, stdout: r.end}
	t, err := b.started(p, s)
	if err != nil {
		return "", err
	}
	defer t.end()
	if !t.await(30*time.Second, func() bool { return len(t.done) == 1 }) {
		return "stuck", nil
	}
	r.quiet(300 * time.Millisecond)
	return fmt.Sprintf("%.0f MB", sum(t.own(), "status", "VmHWM")/1000), nil
}

// stalledStop asks for a stop while a sidecar is stuck in a log that nobody reads.
func (b *bench) stalledStop(p peer) (string, error) {
	from, end, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer from.Close()
	defer end.Close()
	s := idle(1)
	s.sidecars = [][]string{{"up", p.whileAllStart(), "spew=65536,60000"}}
	s.stdout = end
	t, err := b.started(p, s)
	if err != nil {
		return "", err
	}
	defer t.end()
	time.Sleep(p.breath() + time.Second)
	asked := now()
	_ = unix.Kill(t.pid(), p.stopSignal())
	return t.outcome(asked), nil
}
