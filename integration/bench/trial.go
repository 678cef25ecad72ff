package main

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// setting is what a trial is about. Words are what the children do, as in c/child.c.
type setting struct {
	app      []string
	sidecars [][]string
	oneFate  bool
	watched  bool     // the sidecars' memory is
	stdout   *os.File // nil: nowhere
	pid1     bool     // as the first process of a PID namespace
}

// idle is an app and a number of sidecars that just wait.
func idle(sidecars int) setting {
	return setting{app: []string{"up"}, sidecars: slices.Repeat([][]string{{"up"}}, sidecars)}
}

// trial is one run of a supervisor with its children.
type trial struct {
	peer    peer
	dir     string
	command *exec.Cmd
	pidfd   int
	fifo    *os.File
	reports chan report
	begun   int64             // when the supervisor was executed
	up      map[string]report // by child
	done    map[string]report // what each child has written
	pidfds  map[string]int    // of the children
	inside  bool              // the children's PIDs are another namespace's
	status  int               // the supervisor's exit status, or minus the signal that ended it
}

// report is what a child tells.
type report struct {
	what, name string
	pid        int
	at, bytes  int64
}

// begin starts p with the children that s describes.
func (b *bench) begin(p peer, s setting) (*trial, error) {
	dir, err := os.MkdirTemp(b.dir, "")
	if err != nil {
		return nil, err
	}
	t := &trial{peer: p, dir: dir, inside: s.pid1, pidfd: -1,
		reports: make(chan report, 64), up: map[string]report{}, done: map[string]report{}, pidfds: map[string]int{}}
	if err := t.start(s); err != nil {
		return nil, fmt.Errorf("%s: %w", p.name, err)
	}
	return t, nil
}

func (t *trial) start(s setting) error {
	path := t.dir + "/fifo"
	if err := unix.Mkfifo(path, 0o600); err != nil {
		return err
	}
	var err error
	if t.fifo, err = os.OpenFile(path, os.O_RDWR, 0); err != nil {
		return err
	}
	go t.listen()
	child, err := exec.LookPath("child")
	if err != nil {
		return err
	}
	j := job{dir: t.dir, oneFate: s.oneFate, watched: s.watched}
	for i, words := range s.sidecars {
		name := fmt.Sprintf("sidecar%d", i+1)
		j.processes = append(j.processes, command{name, append([]string{child, name, path}, words...)})
	}
	j.processes = append(j.processes, command{plan.AppName, append([]string{child, plan.AppName, path}, s.app...)})
	argv, files := t.peer.start(j)
	if err := write(t.dir, files); err != nil {
		return err
	}
	argv = append([]string{child, "begin", path}, argv...)
	if s.pid1 {
		argv = append([]string{"unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc"}, argv...)
	}
	t.command = exec.Command(argv[0], argv[1:]...)
	t.command.Dir = t.dir
	if s.stdout != nil {
		t.command.Stdout = s.stdout
	}
	t.command.SysProcAttr = &unix.SysProcAttr{Setsid: true, PidFD: &t.pidfd}
	return t.command.Start()
}

// write puts files below dir. The directories seem old, since runsvdir waits for what has just been changed.
func write(dir string, files files) error {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path, mode := filepath.Join(dir, name), os.FileMode(0o644)
		if strings.HasPrefix(files[name], "#!") {
			mode = 0o755
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(files[name]), mode); err != nil {
			return err
		}
	}
	old := time.Now().Add(-time.Hour)
	return filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		return os.Chtimes(path, old, old)
	})
}

func (t *trial) listen() {
	defer close(t.reports)
	for lines := bufio.NewScanner(t.fifo); lines.Scan(); {
		var r report
		if _, err := fmt.Sscan(lines.Text(), &r.what, &r.name, &r.pid, &r.at, &r.bytes); err == nil {
			t.reports <- r
		}
	}
}

// await takes reports until enough says so, or fails.
func (t *trial) await(timeout time.Duration, enough func() bool) bool {
	for late := time.After(timeout); !enough(); {
		select {
		case r := <-t.reports:
			t.note(r)
		case <-late:
			return false
		}
	}
	return true
}

func (t *trial) note(r report) {
	switch r.what {
	case "begin":
		t.begun = r.at
	case "up":
		t.up[r.name] = r
		if fd, err := unix.PidfdOpen(r.pid, 0); err == nil && !t.inside {
			t.pidfds[r.name] = fd
		}
	default:
		t.done[r.name] = r
	}
}

// awaitUp waits until so many children are up.
func (t *trial) awaitUp(children int) bool {
	return t.await(20*time.Second, func() bool { return len(t.up) >= children })
}

// started begins a trial and waits until all its children are up.
func (b *bench) started(p peer, s setting) (*trial, error) {
	t, err := b.begin(p, s)
	if err != nil {
		return nil, err
	}
	children := len(s.sidecars) + 1
	for _, words := range append(s.sidecars, s.app) {
		if slices.Contains(words, "heir") || slices.Contains(words, "daemon") {
			children++
		}
	}
	if !t.awaitUp(children) {
		problem := fmt.Errorf("%s: only %v of %d processes have come up", p.name, slices.Collect(maps.Keys(t.up)), children)
		t.end()
		return nil, problem
	}
	return t, nil
}

func (t *trial) pid() int { return t.command.Process.Pid }

// own are the PIDs of the supervisor's own processes.
func (t *trial) own() []int {
	pids := []int{t.pid()}
	for _, p := range descendants(t.pid()) {
		if exe, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", p.pid)); filepath.Base(exe) != "child" {
			pids = append(pids, p.pid)
		}
	}
	return pids
}

// ended waits for the end of the supervisor, with patience, and tells when it came.
func (t *trial) ended() (at int64, ok bool) {
	if at, ok = awaitEnds([]int{t.pidfd}, patience); !ok {
		return 0, false
	}
	_ = t.command.Wait()
	status := t.command.ProcessState.Sys().(syscall.WaitStatus)
	t.status = status.ExitStatus()
	if status.Signaled() {
		t.status = -int(status.Signal())
	}
	return at, true
}

// gone waits until all children have ended, and tells when.
func (t *trial) gone(timeout time.Duration) (at int64, ok bool) {
	return awaitEnds(slices.Collect(maps.Values(t.pidfds)), timeout)
}

// awaitEnds tells when the last of some processes has ended.
func awaitEnds(pidfds []int, timeout time.Duration) (at int64, ok bool) {
	deadline := now() + timeout.Nanoseconds()
	for _, fd := range pidfds {
		poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		for {
			n, err := unix.Poll(poll, int(max(0, (deadline-now())/1e6)))
			if n > 0 {
				break
			}
			if err != unix.EINTR {
				return 0, false
			}
		}
	}
	return now(), true
}

// end ends all that is left and forgets the trial.
func (t *trial) end() {
	if t.command.ProcessState == nil {
		_ = t.command.Process.Kill()
		_ = t.command.Wait()
	}
	if err := sweep(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
	_ = unix.Close(t.pidfd)
	for _, fd := range t.pidfds {
		_ = unix.Close(fd)
	}
	_ = t.fifo.Close()
	for range t.reports { //nolint:revive // until listen has ended
	}
	_ = os.RemoveAll(t.dir)
}
