package supervise

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/fault"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/machine"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/watch"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// The exit statuses of what can't be started are those of POSIX shells.
const (
	statusNotExecutable = 126
	statusNotFound      = 127
)

// child is a process of the plan, whether it runs or not.
type child struct {
	plan.Process
	argv       []string
	env        []string
	pid        int // 0 while it doesn't run
	lastPID    int // that of its last run
	ended      unix.WaitStatus
	rest       *rest
	used       plan.Size // when it was last measured; 0: it was not
	spawnedAt  time.Time
	stopProbe  [plan.ProbeKinds]func()
	endPreStop func()
	unprobed   [plan.ProbeKinds]bool // a probe has no result, and that was said
	said       said
	tries      int               // how often in a row it could not be started for want of something of ours
	passed     <-chan struct{}   // closed once all that it wrote is passed on; nil where that isn't ours to do
	known      map[string]string // of its OnChange's paths, the states that it was started with or has been told of
}

// emptyInput is /dev/null or, where the root has none, a pipe that nobody writes to.
func emptyInput() (*os.File, error) {
	if null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0); err == nil {
		return null, nil
	}
	read, write, err := os.Pipe()
	if err == nil {
		err = write.Close()
	}
	return read, err
}

// spawn starts a process of the plan.
func (r *Supervisor) spawn(i int) {
	c := &r.children[i]
	c.said, c.rest, c.used = said{}, nil, 0
	app := i == len(r.children)-1
	files := []uintptr{0, 1, 2}
	if !app {
		files[0] = r.null.Fd()
	} else {
		files = withInherited(files, r.launch.Signals.inherited)
	}
	if c.Logs != plan.Raw {
		outputs, err := r.logs.Open(c.Name, c.Logs)
		if err != nil {
			r.notSpawned(i, fault.Wrap("its output can't be taken: ", err))
			return
		}
		defer outputs.Close()
		files[1], files[2], c.passed = outputs.Stdout.Fd(), outputs.Stderr.Fd(), outputs.Passed
	}
	if c.OnChange != nil {
		c.known = watch.States(c.OnChange.Paths)
	}
	r.markNext(i)
	pid, err := r.forkFor(i, c.argv, &syscall.ProcAttr{Dir: c.WorkingDir, Env: c.env, Files: files, Sys: &syscall.SysProcAttr{
		Foreground: app && r.terminal && inForeground(),
	}})
	if err != nil {
		r.notSpawned(i, err)
		return
	}
	c.tries = 0
	c.pid, c.lastPID, c.spawnedAt = pid, pid, time.Now()
	r.limitData(i)
	r.scoreOOM(pid, r.launch.Processes[i].OOMScoreAdj)
	r.memoryMoved()
	r.pids[pid] = func(ws unix.WaitStatus) { r.ended(i, ws) }
	r.step(machine.Spawned{At: r.now(), Proc: i})
}

// hearEnd gives the end of a child to the machine. Those that it has left behind are among the orphans.
func (r *Supervisor) hearEnd(e end, orphans []int) {
	i, ws, c := e.proc, e.ws, &r.children[e.proc]
	left := r.leftAmong(orphans, i)
	if len(left) == 0 && c.passed != nil {
		r.lastWords = append(r.lastWords, c.passed)
	}
	if len(left) > 0 {
		c.rest = &rest{told: map[int]bool{}, filters: map[int]time.Time{}}
	}
	detail := cmp.Or(r.leaving(i, ws, left), r.detail(i, ws))
	end := machine.Exited{At: r.now(), Proc: i, Code: exitStatus(ws), Detail: detail, Left: len(left)}
	if ws.Signaled() {
		end.Signal = cmp.Or(unix.SignalName(ws.Signal()), "signal "+strconv.Itoa(int(ws.Signal()))) // real-time signals have no names
	}
	r.step(end)
}

// notSpawned tries again where we lack something ourselves, within bounds, and otherwise tells the machine.
func (r *Supervisor) notSpawned(i int, err error) {
	r.logs.Copy() // which closes the pipes that nobody writes to
	if isOwnWant(err) && r.spawnLater(i, err) {
		return
	}
	code := statusNotExecutable
	if errors.Is(err, os.ErrNotExist) {
		code = statusNotFound
	}
	r.children[i].tries = 0
	r.step(machine.Exited{At: r.now(), Proc: i, Code: code, Reason: err.Error()})
}

// forkFor is fork in the sandbox of process i, where it has one.
func (r *Supervisor) forkFor(i int, argv []string, attr *syscall.ProcAttr) (pid int, err error) {
	in := r.launch.Processes[i].Sandbox
	if in == nil {
		return fork(argv, attr)
	}
	in.Do(func() { pid, err = fork(argv, attr) })
	return pid, err
}

// fork starts argv in a process group of its own that dies with us.
func fork(argv []string, attr *syscall.ProcAttr) (int, error) {
	path, err := LookPath(argv[0], attr.Dir, attr.Env)
	if err != nil {
		return 0, err
	}
	attr.Sys.Setpgid, attr.Sys.Pdeathsig = true, unix.SIGKILL
	defer tendFork()()
	pid, err := syscall.ForkExec(path, argv, attr)
	if errors.Is(err, syscall.EBADF) {
		err = syscall.EMFILE // dup3(2) says so of the number above the limit that a descriptor was to be moved to
	}
	if err != nil {
		return 0, explain(path, attr.Dir, err)
	}
	return pid, nil
}

// LookPath finds a command as execvp(3) does in dir, in the PATH of the environment that it will have.
func LookPath(command, dir string, env []string) (string, error) {
	if command == "" {
		return "", errors.New("the command is empty")
	}
	if strings.Contains(command, "/") {
		return command, nil
	}
	path := "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	for _, kv := range env {
		if value, ok := strings.CutPrefix(kv, "PATH="); ok {
			path = value
		}
	}
	for _, element := range filepath.SplitList(path) {
		file := filepath.Join(element, command)
		if !filepath.IsAbs(element) {
			file = filepath.Join(dir, file)
		}
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() && unix.Access(file, unix.X_OK) == nil {
			return file, nil
		}
	}
	return "", &os.PathError{Op: "find", Path: command, Err: notInPath{path}}
}

// notInPath is a kind of os.ErrNotExist.
type notInPath struct{ path string }

func (e notInPath) Error() string        { return "not in PATH=" + e.path }
func (e notInPath) Is(target error) bool { return target == os.ErrNotExist }

// explain says what execve(2) leaves unsaid.
func explain(path, dir string, err error) error {
	if dir != "" {
		if dirErr := enterable(dir); dirErr != nil {
			return &os.PathError{Op: "working directory", Path: dir, Err: dirErr}
		}
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
	}
	if _, statErr := os.Stat(path); statErr == nil {
		switch {
		case errors.Is(err, syscall.ENOENT):
			err = errors.New("it is there, but the interpreter or loader that it needs is not")
		case errors.Is(err, syscall.ENOEXEC):
			err = errors.New("no binary for this machine, and no script with a first line of #! and its interpreter")
		}
	}
	return &os.PathError{Op: "exec", Path: path, Err: err}
}

// enterable returns why a directory can't be a process's working directory, or nil.
func enterable(dir string) error {
	var stat unix.Stat_t
	switch err := unix.Stat(dir, &stat); {
	case err != nil:
		return err
	case stat.Mode&unix.S_IFMT != unix.S_IFDIR:
		return unix.ENOTDIR
	}
	return unix.Access(dir, unix.X_OK)
}

// exitStatus is a process's end as shells write it: its exit status, or 128 + the signal that ended it.
func exitStatus(ws unix.WaitStatus) int {
	if ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return ws.ExitStatus()
}
