package promises_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"

	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

// setting is where a supervisor runs.
type setting struct {
	name string
	pid1 bool // the first process of a PID namespace
	user int  // 0: that of the test
	most int  // processes and threads that the user may have; 0: any number
	bare bool // a read-only root with nothing in it but the programs, the plan and /proc

	once     sync.Once
	obstacle error // why the machine can't give it
}

// stranger is a user of no name.
const stranger = 12345

var (
	plain    = &setting{name: "as a child"}
	settings = []*setting{
		plain,
		{name: "as another user", user: stranger},
		{name: "as PID 1", pid1: true},
		{name: "as PID 1 and another user", pid1: true, user: stranger},
		{name: "on a bare read-only root", bare: true},
		{name: "as PID 1 and another user on a bare read-only root", pid1: true, user: stranger, bare: true},
	}
)

// everywhere has one behaviour shown in every setting.
func everywhere(t *testing.T, when spec.G, it spec.S, behaviour string, show func(on *setting)) {
	for _, on := range settings {
		when(on.name, func() {
			it(behaviour, func() {
				on.require(t)
				show(on)
			})
		})
	}
}

// require skips a test in a setting that the machine can't give.
func (on *setting) require(t *testing.T) {
	t.Helper()
	on.once.Do(func() { on.obstacle = on.try() })
	lab.Require(t, func() error { return on.obstacle })
}

func (on *setting) try() error {
	if on.user == 0 && !on.pid1 && !on.bare {
		return nil
	}
	if os.Geteuid() != 0 {
		return fmt.Errorf("it takes root to run something %s, and this is user %d", on.name, os.Geteuid())
	}
	dir, err := on.directory()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if output, err := on.command(dir, on.path("child"), "exit", "0").CombinedOutput(); err != nil {
		return fmt.Errorf("this machine can't run something %s: %w: %s", on.name, err, output)
	}
	return nil
}

// directory makes one for one supervisor to run in.
func (on *setting) directory() (string, error) {
	dir, err := os.MkdirTemp(programs, "run")
	if err != nil {
		return "", err
	}
	if err := os.Chmod(dir, 0o755); err != nil || !on.bare {
		return dir, err
	}
	if err := os.Mkdir(filepath.Join(dir, "proc"), 0o755); err != nil {
		return dir, err
	}
	for _, name := range []string{"supervisor", "child", "data", "script"} {
		if err := os.Link(filepath.Join(programs, name), filepath.Join(dir, name)); err != nil {
			return dir, err
		}
	}
	return dir, nil
}

// path is where a program is, for those in the setting.
func (on *setting) path(program string) string {
	if on.bare {
		return "/" + program
	}
	return filepath.Join(programs, program)
}

// command is argv, to be run in the setting.
func (on *setting) command(dir string, argv ...string) *exec.Cmd {
	enter := []string{filepath.Join(programs, "child"), "enter"}
	attr := &syscall.SysProcAttr{}
	if on.user != 0 {
		enter = append(enter, "--user", strconv.Itoa(on.user))
	}
	if on.most != 0 {
		enter = append(enter, "--most", strconv.Itoa(on.most))
	}
	if on.pid1 {
		enter = append(enter, "--pid1")
		attr.Cloneflags |= syscall.CLONE_NEWPID | syscall.CLONE_NEWNS
	}
	if on.bare {
		enter = append(enter, "--root", dir)
		attr.Cloneflags |= syscall.CLONE_NEWNS
	}
	if len(enter) > 2 {
		argv = append(append(enter, "--"), argv...)
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir, cmd.SysProcAttr = dir, attr
	return cmd
}
