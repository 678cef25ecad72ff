package supervise

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

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
	argv      []string
	env       []string
	pid       int // 0 while it doesn't run
	spawnedAt time.Time
	stopProbe [probeKinds]func()
	said      said
}

// Environment is what p sees of all, and then its own.
func Environment(all []string, p plan.Process) []string {
	if slices.Contains(p.InheritEnv, plan.Everything) && len(p.Env) == 0 {
		return all
	}
	var env []string
	for _, kv := range all {
		name, _, _ := strings.Cut(kv, "=")
		_, own := p.Env[name]
		if !own && (slices.Contains(p.InheritEnv, plan.Everything) || slices.Contains(p.InheritEnv, name)) {
			env = append(env, kv)
		}
	}
	for name, value := range p.Env {
		env = append(env, name+"="+value)
	}
	return env
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
func (r *runner) spawn(i int) {
	c := &r.children[i]
	c.said = said{}
	app := i == len(r.children)-1
	files := []uintptr{0, 1, 2}
	if !app {
		files[0] = r.null.Fd()
	}
	if c.Logs != plan.Raw {
		stdout, stderr, err := r.logs.Open(c.Name, c.Logs)
		if err != nil {
			r.step(Exited{r.now(), i, statusNotExecutable, "its output can't be taken: " + err.Error()})
			return
		}
		defer stdout.Close()
		defer stderr.Close()
		files[1], files[2] = stdout.Fd(), stderr.Fd()
	}
	pid, err := fork(c.argv, &syscall.ProcAttr{Dir: c.WorkingDir, Env: c.env, Files: files, Sys: &syscall.SysProcAttr{
		Foreground: app && r.terminal,
	}})
	if err != nil {
		code := statusNotFound
		if !errors.Is(err, os.ErrNotExist) {
			code = statusNotExecutable
		}
		r.step(Exited{r.now(), i, code, err.Error()})
		return
	}
	c.pid, c.spawnedAt = pid, time.Now()
	r.scoreOOM(pid, r.launch.Processes[i].OOMScoreAdj)
	r.pids[pid] = func(ws unix.WaitStatus) {
		c.pid = 0
		r.step(Exited{At: r.now(), Proc: i, Code: exitStatus(ws)})
	}
	r.step(Spawned{r.now(), i})
}

// fork starts argv in a process group of its own that dies with us.
func fork(argv []string, attr *syscall.ProcAttr) (int, error) {
	path, err := lookPath(argv[0], attr.Env)
	if err != nil {
		return 0, err
	}
	attr.Sys.Setpgid, attr.Sys.Pdeathsig = true, unix.SIGKILL
	pid, err := syscall.ForkExec(path, argv, attr)
	if err != nil {
		return 0, explain(path, attr.Dir, err)
	}
	return pid, nil
}

// lookPath finds a command as execvp(3) does, in the PATH of the environment that it will have.
func lookPath(command string, env []string) (string, error) {
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
	for _, dir := range filepath.SplitList(path) {
		file := filepath.Join(dir, command)
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
		if _, dirErr := os.Stat(dir); dirErr != nil {
			return &os.PathError{Op: "working directory", Path: dir, Err: err}
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

// exitStatus is a process's end as shells write it: its exit status, or 128 + the signal that ended it.
func exitStatus(ws unix.WaitStatus) int {
	if ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return ws.ExitStatus()
}
