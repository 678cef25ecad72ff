package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// fault is a signal that somebody sent to a child of the supervisor.
type fault struct {
	at     int64
	pid    int
	signal unix.Signal
}

// zombie is a child of the supervisor that has ended and that it has not awaited.
type zombie struct {
	since   int64
	stalled time.Duration // what the supervisor was, then
}

// settled is how long a process that has ended may stay.
const settled = time.Second

// trouble kills, stops and continues children until it is time for SIGTERM, or all is over.
func (t *trial) trouble(ended <-chan struct{}) {
	for len(t.children()) == 0 && !t.isOver(ended) { // it hears nothing yet
		time.Sleep(10 * time.Millisecond)
	}
	end := time.After(shortest + time.Duration(t.random.Int64N(int64(longest-shortest))))
	faults := t.random.IntN(4)
	hurried := t.random.IntN(5) == 0
	looks := time.NewTicker(200 * time.Millisecond)
	defer looks.Stop()
	for {
		pause := time.Duration(50+t.random.IntN(400)) * time.Millisecond
		select {
		case <-ended:
			return
		case <-end:
			t.look()
			t.stopAsked, t.hurried = now(), hurried
			_ = t.cmd.Process.Signal(syscall.SIGTERM)
			if hurried {
				_ = t.cmd.Process.Signal(syscall.SIGTERM)
			}
			return
		case <-looks.C:
			t.lookForZombies()
		case <-time.After(pause):
			if faults--; faults >= 0 {
				t.fault()
			}
		}
	}
}

// isOver reports whether the supervisor has ended, also where we have not awaited it yet.
func (t *trial) isOver(ended <-chan struct{}) bool {
	select {
	case <-ended:
		return true
	default:
	}
	fields := stat(t.cmd.Process.Pid)
	return len(fields) == 0 || fields[0] == "Z"
}

// look measures how long the supervisor was held up. It can't be asked that any more once it has ended.
func (t *trial) look() time.Duration {
	t.stalled = max(t.stalled, t.stallOf(t.cmd.Process.Pid))
	return t.stalled
}

// fault does something to a random child of the supervisor.
func (t *trial) fault() {
	all := t.children()
	choice, sig := t.random.IntN(1<<20), []unix.Signal{unix.SIGKILL, unix.SIGSTOP, unix.SIGCONT, unix.SIGTERM}[t.random.IntN(4)]
	if len(all) == 0 {
		return
	}
	pid := all[choice%len(all)]
	child, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return
	}
	defer unix.Close(child)
	if fields := stat(pid); len(fields) > 1 && fields[1] == strconv.Itoa(t.cmd.Process.Pid) { // the PID is still that child's
		t.faults = append(t.faults, fault{now(), pid, sig})
		_ = unix.PidfdSendSignal(child, sig, nil, 0)
	}
}

// children are the supervisor's.
func (t *trial) children() (pids []int) {
	pid := strconv.Itoa(t.cmd.Process.Pid)
	text, _ := os.ReadFile("/proc/" + pid + "/task/" + pid + "/children")
	for _, field := range strings.Fields(string(text)) {
		child, _ := strconv.Atoi(field)
		pids = append(pids, child)
	}
	return pids
}

// stat are the fields of proc(5) from the third on: the state, the parent.
func stat(pid int) []string {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
}

// lookForZombies finds those that stay, though the supervisor got to run.
func (t *trial) lookForZombies() {
	stalled, seen := t.look(), map[int]zombie{}
	for _, pid := range t.children() {
		if fields := stat(pid); len(fields) == 0 || fields[0] != "Z" {
			continue
		}
		z, known := t.zombies[pid]
		if !known {
			z = zombie{now(), stalled}
		}
		seen[pid] = z
		if age := time.Duration(now() - z.since); age-(stalled-z.stalled) > settled && t.zombie == "" {
			t.zombie = fmt.Sprintf("process %d has ended and was not awaited for %v\n%s", pid, age, t.autopsy())
		}
	}
	t.zombies = seen
}

// stallOf is how long a process's threads were ready to run and had to wait for a processor, as the kernel counts it. They may have
// waited at the same time, so that this is the most that a busy machine can have held the process up.
func (t *trial) stallOf(pid int) (sum time.Duration) {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
	for _, thread := range threads {
		text, _ := os.ReadFile(thread + "/schedstat")
		fields := strings.Fields(string(text))
		if len(fields) < 2 {
			continue
		}
		n, _ := strconv.ParseInt(fields[1], 10, 64)
		sum += time.Duration(n)
		id, _ := strconv.Atoi(filepath.Base(thread))
		if of := stat(id); len(of) > 0 && of[0] == "R" && t.queued[id].schedstat == string(text) {
			sum += time.Duration(now() - t.queued[id].since)
		} else {
			t.queued[id] = queued{string(text), now()}
		}
	}
	return sum
}

// queued is a thread that may be waiting for a processor. The kernel counts a wait only once it is over: until then the thread is ready to
// run, and its schedstat stays as it is.
type queued struct {
	schedstat string
	since     int64
}

// stalls are those of all processes of the supervisor's, by PID, and its own.
func (t *trial) stalls() map[int]time.Duration {
	stalls := map[int]time.Duration{t.cmd.Process.Pid: t.look()}
	for _, pid := range t.children() {
		stalls[pid] = t.stallOf(pid)
	}
	return stalls
}

// awaitEnd waits for the supervisor's end as long as its budget allows, after SIGTERM or an end of its own that it has still to come to.
// What the machine held it, or one of its children that is still to die, up for is added.
func (t *trial) awaitEnd(ended <-chan struct{}) string {
	asked, before := now(), t.stalls()
	for !t.isOver(ended) {
		held, most := time.Duration(0), time.Duration(0)
		for pid, stall := range t.stalls() {
			if stall -= before[pid]; pid == t.cmd.Process.Pid {
				held = t.look() - before[pid]
			} else {
				most = max(most, stall)
			}
		}
		took := time.Duration(now() - asked)
		if took > budget+overtime+held+most && !t.isOver(ended) {
			return fmt.Sprintf("it has not ended %v after SIGTERM, with a budget of %v, while it could not run for %v and a child for %v\n%s",
				took, budget, held, most, t.autopsy())
		}
		select {
		case <-ended:
		case <-time.After(100 * time.Millisecond):
		}
	}
	<-ended
	return ""
}

// autopsy says what the supervisor's threads and children are at.
func (t *trial) autopsy() string {
	var text strings.Builder
	pid := t.cmd.Process.Pid
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
	for _, thread := range threads {
		fmt.Fprintf(&text, "  thread %s:", filepath.Base(thread))
		for _, file := range []string{"wchan", "syscall", "schedstat"} {
			content, _ := os.ReadFile(filepath.Join(thread, file))
			fmt.Fprintf(&text, " %s;", strings.TrimSpace(string(content)))
		}
		text.WriteString("\n")
	}
	for _, child := range t.children() {
		command, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", child))
		wchan, _ := os.ReadFile(fmt.Sprintf("/proc/%d/wchan", child))
		fields := stat(child)
		argv := strings.ReplaceAll(string(command), "\x00", " ")
		fmt.Fprintf(&text, "  child %d: %s; %s; %s\n", child, argv, fields[:min(1, len(fields))], wchan)
	}
	return text.String() + t.stderr.String()
}

// left says whether a process of the trial's lives on, daemons too. One that was killed needs the processor once more to end.
func (t *trial) left() string {
	for deadline := time.Now().Add(time.Second); ; time.Sleep(10 * time.Millisecond) {
		marked := t.marked()
		if len(marked) == 0 {
			return ""
		}
		if time.Now().After(deadline) {
			text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", marked[0]))
			return fmt.Sprintf("it left %d processes behind: %v: %s\n%s", len(marked), marked, text, &t.stderr)
		}
	}
}

// marked are the living processes of the trial's.
func (t *trial) marked() (pids []int) {
	environs, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range environs {
		if text, err := os.ReadFile(file); err == nil && bytes.Contains(text, []byte(t.mark()+"\x00")) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			pids = append(pids, pid)
		}
	}
	return pids
}

// killMarked ends what a broken promise has left behind.
func (t *trial) killMarked() {
	for marked := t.marked(); len(marked) > 0; marked = t.marked() {
		for _, pid := range marked {
			_ = unix.Kill(pid, unix.SIGKILL)
		}
	}
}
