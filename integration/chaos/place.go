package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// place is where a supervisor runs, and what it lacks there.
type place struct {
	pid1   bool   // the first process of a PID namespace
	user   bool   // another user
	want   string // what there is too little of: "", files, processes, memory
	most   int    // of that: descriptors, processes, MB
	output string // what becomes of its output: "", late, gone, closed, full, limited
}

func (p place) String() string {
	words := []string{}
	if p.pid1 {
		words = append(words, "PID 1")
	}
	if p.user {
		words = append(words, "another user")
	}
	if p.want != "" {
		words = append(words, fmt.Sprintf("%d %s", p.most, map[string]string{"memory": "MB"}[p.want]+strings.TrimPrefix(p.want, "memory")))
	}
	if p.output != "" {
		words = append(words, "output "+p.output)
	}
	return strings.Join(append(words, "plain")[:max(1, len(words))], ", ")
}

// hasOutput reports whether all lines come to us.
func (p place) hasOutput() bool { return p.output == "" || p.output == "late" }

// starved reports whether a process may not be started for want of something.
func (p place) starved() bool { return p.want == "files" || p.want == "processes" }

func randomPlace(random *rand.Rand, processes, sandboxes int) (p place) {
	p.pid1, p.user = random.IntN(5) == 0, random.IntN(5) == 0
	switch random.IntN(12) {
	case 0, 1:
		p.want, p.most = "files", 12+random.IntN(40)
	case 2, 3: // those of another user are counted apart; the supervisor's threads and those of sandboxes have to be possible
		p.want, p.most, p.user = "processes", 20+3*sandboxes+random.IntN(4*processes+20), true
	case 4:
		p.want, p.most = "memory", 48+random.IntN(80)
	}
	if random.IntN(3) == 0 {
		p.output = []string{"late", "late", "gone", "closed", "full", "limited"}[random.IntN(6)]
	}
	return p.possible()
}

// isRoot is what other users, namespaces and control groups take.
var isRoot = os.Geteuid() == 0

// possible returns p without what this machine can't give.
func (p place) possible() place {
	if !isRoot {
		p.pid1, p.user = false, false
		if p.output == "full" {
			p.output = "limited"
		}
	}
	if p.want == "processes" && !isRoot || p.want == "memory" && !hasMemoryGroups() {
		p.want = ""
	}
	return p
}

const memoryGroups = "/sys/fs/cgroup/memory" // of version 1 of the control groups

var hasMemoryGroups = sync.OnceValue(func() bool {
	return isRoot && unix.Access(memoryGroups+"/memory.limit_in_bytes", unix.W_OK) == nil
})

// counts is how often each kind of want was tried.
type counts struct {
	mu sync.Mutex
	of map[string]int
}

func (c *counts) add(t *trial) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = map[string]int{}
	}
	for kind, is := range map[string]bool{
		"as PID 1": t.place.pid1, "another user": t.place.user, "few files": t.place.want == "files",
		"few processes": t.place.want == "processes", "little memory": t.place.want == "memory", "the kernel took the supervisor": t.taken,
		"output late": t.place.output == "late", "output gone": t.place.output == "gone",
		"output closed": t.place.output == "closed", "disk full": t.place.output == "full",
		"file limited": t.place.output == "limited", "children meddled with": len(t.faults) > 0,
		"more than ten processes": len(t.plan.Sidecars) > 9, "ended by SIGTERM": t.cause.kind == byTerm,
		"by a sidecar": t.cause.kind == bySidecar, "by the app": t.cause.kind == byApp,
	} {
		if is {
			c.of[kind]++
		}
	}
}

func (c *counts) String() string {
	var words []string
	for kind, n := range c.of {
		words = append(words, fmt.Sprintf("%s %d", kind, n))
	}
	slices.Sort(words)
	return strings.Join(words, ", ") + "\n"
}

// entry is argv, to be run in the place, by way of this program. Each trial has a user of its own, since the kernel counts by user.
func (p place) entry(t *trial, argv []string) ([]string, *syscall.SysProcAttr) {
	own, _ := os.Executable()
	attr := &syscall.SysProcAttr{}
	way := []string{own, "enter"}
	add := func(is bool, words ...string) {
		if is {
			way = append(way, words...)
		}
	}
	add(p.pid1, "pid1")
	if p.pid1 {
		attr.Cloneflags = syscall.CLONE_NEWPID | syscall.CLONE_NEWNS
	}
	add(p.want == "memory", "group="+t.group())
	add(p.output == "closed", "closed")
	add(p.output == "limited", "size=32768")
	add(p.want == "files", fmt.Sprintf("files=%d", p.most))
	add(p.want == "processes", fmt.Sprintf("processes=%d", p.most))
	add(p.user, fmt.Sprintf("user=%d", 30000+t.seed%30000)) // after all that takes root
	return append(append(way, "--"), argv...), attr
}

// enter does what the words say to the process that it is in, and then runs the command behind them.
func enter(words []string) error {
	runtime.LockOSThread()
	i := slices.Index(words, "--")
	for _, word := range words[:i] {
		name, value, _ := strings.Cut(word, "=")
		n, _ := strconv.Atoi(value)
		if err := apply(name, value, n); err != nil {
			return fmt.Errorf("%s: %w", word, err)
		}
	}
	return syscall.Exec(words[i+1], words[i+1:], os.Environ())
}

func apply(name, value string, n int) error {
	switch name {
	case "pid1":
		return errors.Join(unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""), unix.Mount("proc", "/proc", "proc", 0, ""))
	case "group":
		return os.WriteFile(filepath.Join(value, "cgroup.procs"), []byte("0"), 0)
	case "closed":
		return errors.Join(unix.Close(1), unix.Close(2))
	case "size":
		return limit(unix.RLIMIT_FSIZE, n)
	case "files":
		return limit(unix.RLIMIT_NOFILE, n)
	case "processes":
		return limit(unix.RLIMIT_NPROC, n)
	default:
		return errors.Join(unix.Setgroups(nil), unix.Setgid(n), unix.Setuid(n))
	}
}

func limit(what, n int) error {
	return unix.Prlimit(0, what, &unix.Rlimit{Cur: uint64(n), Max: uint64(n)}, nil)
}
