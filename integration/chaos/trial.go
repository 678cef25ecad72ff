package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

const (
	budget   = 2 * time.Second
	overtime = time.Second // what a platform adds to the budget: 10 seconds, where the default is 9
	// SIGTERM comes when the supervisor hears it, and within longest.
	shortest, longest = 500 * time.Millisecond, 3 * time.Second
)

// trial is one supervisor with its plan, its children and its faults. Times are in nanoseconds, by the children's clock.
type trial struct {
	*campaign
	random *rand.Rand
	seed   uint64
	dir    string
	place  place
	plan   plan.Plan
	acts   map[string]act // by process
	app    []string

	stage          *stage
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
	outputs        []chan struct{} // closed when all of an output is read
	began          int64
	stopAsked      int64 // 0: it was not
	hurried        bool  // twice
	faults         []fault
	zombies        map[int]zombie
	zombie         string // that of a promise which is broken
	queued         map[int]queued
	stalled        time.Duration // how long threads of the supervisor could have run, and didn't get to
	ended          int64
	code           int
	taken          bool // the kernel has taken the supervisor itself, for want of memory
	lives          []*life
	cause          cause
}

func newTrial(seed uint64, c *campaign) *trial {
	t := &trial{
		campaign: c, random: rand.New(rand.NewPCG(seed, 0)), seed: seed, acts: map[string]act{}, zombies: map[int]zombie{},
		queued: map[int]queued{}, dir: filepath.Join(c.dir, strconv.FormatUint(seed, 10)),
	}
	t.randomPlan()
	sandboxes := 0
	for _, p := range t.plan.Sidecars {
		if p.Sandbox != nil {
			sandboxes++
		}
	}
	t.place = randomPlace(t.random, len(t.plan.Sidecars)+1, sandboxes)
	t.fitPlan()
	return t
}

// run returns the promises that were broken.
func (t *trial) run() (broken []string) {
	defer t.clean()
	if err := t.start(); err != nil {
		return []string{"it can't be tried: " + err.Error()}
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = t.cmd.Wait()
		t.ended = now()
	}()
	t.trouble(ended)
	if late := t.awaitEnd(ended); late != "" {
		_ = t.cmd.Process.Kill()
		<-ended
		broken = append(broken, late)
	}
	t.code = t.cmd.ProcessState.ExitCode()
	status := t.cmd.ProcessState.Sys().(syscall.WaitStatus)
	t.taken = len(broken) == 0 && t.place.want == "memory" && status.Signaled() && status.Signal() == unix.SIGKILL
	if left := t.left(); left != "" && len(broken) == 0 && !t.taken {
		broken = append(broken, left)
	}
	t.killMarked() // or their outputs would never end
	for _, output := range t.outputs {
		<-output
	}
	t.lives = t.stage.close()
	if len(broken) > 0 || t.taken {
		return broken // what else is wrong follows from that
	}
	return t.judge()
}

// clean removes what is left, also of the processes that a broken promise has left behind.
func (t *trial) clean() {
	t.killMarked()
	_ = unix.Unmount(filepath.Join(t.dir, "full"), unix.MNT_DETACH)
	if t.place.want == "memory" {
		for range 100 { // the kernel takes a moment to know that it is empty
			if unix.Rmdir(t.group()) != unix.EBUSY {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	_ = os.RemoveAll(t.dir)
}

// group is the control group of a trial that lacks memory.
func (t *trial) group() string {
	return filepath.Join(memoryGroups, fmt.Sprintf("chaos-%d-%d", os.Getpid(), t.seed))
}

func (t *trial) start() (err error) {
	if err := errors.Join(os.Mkdir(t.dir, 0o777), os.Chmod(t.dir, 0o777)); err != nil {
		return err
	}
	if t.stage, err = openStage(t.dir); err != nil {
		return err
	}
	file := filepath.Join(t.dir, "plan.toml")
	if err := errors.Join(os.Chmod(filepath.Join(t.dir, "socket"), 0o777), plan.Write(file, t.plan)); err != nil {
		return err
	}
	if t.place.want == "memory" {
		limit := filepath.Join(t.group(), "memory.limit_in_bytes")
		if err := errors.Join(os.Mkdir(t.group(), 0o755), os.WriteFile(limit, []byte(strconv.Itoa(t.place.most<<20)), 0)); err != nil {
			return err
		}
	}
	argv, attr := t.place.entry(t, append([]string{t.supervisor, "run", "web", "--plan", file, "--"}, t.app...))
	t.cmd = exec.Command(argv[0], argv[1:]...)
	t.cmd.SysProcAttr = attr
	t.cmd.Env = append(os.Environ(), fmt.Sprintf("BPL_SIDECAR_STOP_BUDGET_SECONDS=%g", budget.Seconds()), t.mark())
	ours, err := t.connect()
	if err != nil {
		return err
	}
	t.began = now()
	err = t.cmd.Start()
	for _, file := range ours {
		file.Close()
	}
	return err
}

// connect gives the supervisor its outputs, and returns our copies of them.
func (t *trial) connect() (ours []*os.File, err error) {
	stderr, err := t.read(&t.stderr, 0)
	if err != nil {
		return nil, err
	}
	t.cmd.Stderr = stderr
	var stdout *os.File
	switch t.place.output {
	case "full", "limited":
		stdout, err = t.fullFile()
	case "gone":
		var reader *os.File
		if reader, stdout, err = os.Pipe(); err == nil {
			time.AfterFunc(time.Duration(t.random.IntN(1000))*time.Millisecond, func() { reader.Close() })
		}
	case "late":
		stdout, err = t.read(&t.stdout, time.Duration(t.random.IntN(800))*time.Millisecond)
	default:
		stdout, err = t.read(&t.stdout, 0)
	}
	t.cmd.Stdout = stdout
	return []*os.File{stderr, stdout}, err
}

// read has all that is written to a pipe read, after a pause.
func (t *trial) read(to *bytes.Buffer, pause time.Duration) (*os.File, error) {
	from, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	all := make(chan struct{})
	t.outputs = append(t.outputs, all)
	go func() {
		defer close(all)
		time.Sleep(pause)
		_, _ = io.Copy(to, from)
		from.Close()
	}()
	return write, nil
}

// fullFile is a file that takes little: on a small disk of its own or, without root, by what the supervisor may write.
func (t *trial) fullFile() (*os.File, error) {
	disk := filepath.Join(t.dir, "full")
	if err := os.Mkdir(disk, 0o777); err != nil {
		return nil, err
	}
	if t.place.output == "full" {
		if err := unix.Mount("chaos", disk, "tmpfs", 0, "size=16k"); err != nil {
			return nil, fmt.Errorf("mounting a small disk: %w", err)
		}
	}
	return os.OpenFile(filepath.Join(disk, "stdout"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o666)
}

// mark is the variable by which all processes of a trial are known.
func (t *trial) mark() string { return fmt.Sprintf("CHAOS=%d-%d", os.Getpid(), t.seed) }
