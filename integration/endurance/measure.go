package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// sample is what a supervisor has at a moment.
type sample struct{ memory, descriptors, threads int } // memory is its own, in KB: not its program's

// history is all samples of one task, in equal distances.
type history struct {
	samples []sample
	took    time.Duration
}

const pause = 200 * time.Millisecond

// do has a supervisor do the task. What its processes say is thrown away.
func (t task) do(supervisor, file string) (h history, err error) {
	if err := plan.Write(file, t.plan); err != nil {
		return h, err
	}
	c := exec.Command(supervisor, append([]string{"run", "web", "--plan", file, "--"}, t.app...)...)
	stderr, err := c.StderrPipe()
	if err != nil {
		return h, err
	}
	began := time.Now()
	if err := c.Start(); err != nil {
		return h, err
	}
	last := make(chan string, 1)
	go func() { last <- t.follow(stderr, c) }()
	if t.limit > 0 {
		time.AfterFunc(t.limit, func() { _ = c.Process.Signal(unix.SIGTERM) })
	}
	said := ""
	for done := false; !done; {
		select {
		case said = <-last:
			done = true
		case <-time.After(pause):
			if s, alive := look(c.Process.Pid); alive {
				h.samples = append(h.samples, s)
			}
		}
	}
	h.took = time.Since(began)
	if err := c.Wait(); err != nil && c.ProcessState.ExitCode() != 128+int(unix.SIGTERM) && !strings.Contains(said, "exited with status 0") {
		return h, fmt.Errorf("%w: %s", err, said)
	}
	return h, nil
}

// follow reads what the supervisor says, has it stop once it has said enough, and returns the last line.
func (t task) follow(stderr io.Reader, c *exec.Cmd) (last string) {
	n := 0
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		last = lines.Text()
		if t.until != "" && strings.Contains(last, t.until) {
			if n++; n == t.amount {
				_ = c.Process.Signal(unix.SIGTERM)
			}
		}
	}
	return last
}

// look reads what a process has from proc(5).
func look(pid int) (s sample, alive bool) {
	dir := fmt.Sprintf("/proc/%d", pid)
	status, err := os.ReadFile(dir + "/status")
	if err != nil {
		return s, false
	}
	for line := range strings.Lines(string(status)) {
		key, value, _ := strings.Cut(line, ":")
		n, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
		switch key {
		case "RssAnon":
			s.memory = n
		case "Threads":
			s.threads = n
		}
	}
	files, err := os.ReadDir(dir + "/fd")
	s.descriptors = len(files)
	return s, err == nil && s.memory > 0
}

// halves are the most that there was in the first half, and in the second.
func (h history) halves() (first, second sample) {
	for i, s := range h.samples {
		half := &second
		if i <= len(h.samples)/2 {
			half = &first
		}
		half.memory, half.descriptors = max(half.memory, s.memory), max(half.descriptors, s.descriptors)
		half.threads = max(half.threads, s.threads)
	}
	return first, second
}

// What the garbage collector may leave for later, and what a busy moment may need, is no growth.
const (
	mayGrow        = 2000 // KB
	mayOpen        = 8
	mayHaveThreads = 3
)

func (h history) grows() bool {
	first, second := h.halves()
	return second.memory > first.memory+mayGrow || second.descriptors > first.descriptors+mayOpen ||
		second.threads > first.threads+mayHaveThreads
}

func (h history) String() string {
	first, second := h.halves()
	return fmt.Sprintf("%.1f MB, %.1f MB | %d, %d | %d, %d", float64(first.memory)/1024, float64(second.memory)/1024,
		first.descriptors, second.descriptors, first.threads, second.threads)
}
