// Package sandbox keeps processes from what is not theirs, by Landlock (landlock(7)) and no_new_privs (prctl(2)), without privileges.
package sandbox

import (
	"errors"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/fault"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// The versions of Landlock's interface that bring what a sandbox needs.
const (
	filesABI = 1 // Linux 5.13
	portsABI = 4 // Linux 6.7
	scopeABI = 6 // Linux 6.12: signals and abstract sockets
)

// Thread is a thread in a sandbox, and so is every process that it starts. It is there for good: what it starts dies with it, by its
// parent-death signal.
type Thread struct {
	Absent []string // the files and directories that the sandbox names and that weren't there: nothing lets it into them later
	work   chan func()
}

// Enter makes a thread in sandbox s, for command in the directory dir. It returns what the kernel can't enforce, in words; with Require
// that is an error.
func Enter(s plan.Sandbox, command, dir string) (t *Thread, missing string, err error) {
	abi, errno := version()
	missing = lacks(s, abi, errno)
	filters := canRefuseLimits()
	if missing == "" && !filters {
		missing = "the kernel has no seccomp: setting others' limits can't be refused"
	}
	if missing != "" && s.Mode == plan.Require {
		return nil, missing, errors.New("requires a sandbox, but " + missing)
	}
	t = &Thread{work: make(chan func())}
	entered := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: no other goroutine is to be restricted
		absent, err := restrict(s, abi, command, dir)
		t.Absent = absent
		if err == nil && filters && abi >= filesABI {
			err = refuseLimits()
		}
		entered <- err
		for err == nil {
			(<-t.work)()
		}
	}()
	if err := <-entered; err != nil {
		return nil, missing, fault.Wrap("can't be put into its sandbox: ", err)
	}
	return t, missing, nil
}

// Do has the thread carry out f and waits for that.
func (t *Thread) Do(f func()) {
	done := make(chan struct{})
	t.work <- func() {
		defer close(done)
		f()
	}
	<-done
}

// version returns the version of Landlock's interface, 0 where there is none, and why.
func version() (abi int, errno unix.Errno) {
	n, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}

// lacks says what can't be enforced; it is empty where all can.
func lacks(s plan.Sandbox, abi int, errno unix.Errno) string {
	if abi < filesABI {
		return "the kernel has no Landlock (" + errno.Error() + "): nothing but no_new_privs can be enforced"
	}
	var open []string
	if abi < portsABI && (s.ConnectPorts != nil || s.BindPorts != nil) {
		open = append(open, "all ports")
	}
	if abi < scopeABI {
		open = append(open, "signals and abstract sockets")
	}
	if open == nil {
		return ""
	}
	return "the kernel's Landlock has ABI " + strconv.Itoa(abi) + " and " + strconv.Itoa(scopeABI) + " is needed: " +
		strings.Join(open, ", ") + " can't be refused"
}

// restrict puts the calling thread into the sandbox, as far as the kernel can.
func restrict(s plan.Sandbox, abi int, command, dir string) (absent []string, err error) {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil || abi < filesABI {
		return nil, err
	}
	rules, err := newRuleset(s, abi)
	if err != nil {
		return nil, err
	}
	defer rules.close()
	if absent, err = rules.allow(s, command, dir); err != nil {
		return nil, err
	}
	return absent, rules.enforce()
}
