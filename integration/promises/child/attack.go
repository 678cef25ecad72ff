package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// victims are those beside an attacker, and what is theirs.
type victims struct {
	supervisor, sibling, app string // PIDs
	dir                      string // of the app
	port                     string // that somebody listens on
}

// attacks are what a sidecar may try. One that succeeds returns no error.
var attacks = []struct {
	name string
	try  func(v victims) error
}{
	{"read the app's environment", func(v victims) error { return read1("/proc/" + v.app + "/environ") }},
	{"read the supervisor's environment", func(v victims) error { return read1("/proc/" + v.supervisor + "/environ") }},
	{"read a sibling's environment", func(v victims) error { return read1("/proc/" + v.sibling + "/environ") }},
	{"open the app's memory", func(v victims) error { return open("/proc/"+v.app+"/mem", os.O_RDWR) }},
	{"open what the app has opened", func(v victims) error { return open("/proc/"+v.app+"/fd/1", os.O_WRONLY) }},
	{"enter the app's directory by /proc", func(v victims) error { return open("/proc/"+v.app+"/cwd", os.O_RDONLY) }},
	{"trace the app", func(v victims) error { return trace(v.app) }},
	{"trace the supervisor", func(v victims) error { return trace(v.supervisor) }},
	{"signal the app", func(v victims) error { return signal0(v.app) }},
	{"signal the supervisor", func(v victims) error { return signal0(v.supervisor) }},
	{"signal a sibling", func(v victims) error { return signal0(v.sibling) }},
	{"ask the control socket", func(v victims) error { return control(v.supervisor) }},
	{"limit what the app may use", func(v victims) error { return limit(v.app) }},
	{"have the kernel kill the app first", func(v victims) error { return open("/proc/"+v.app+"/oom_score_adj", os.O_WRONLY) }},
	{"gain rights by a set-user-ID program", func(v victims) error { return newPrivileges() }},
	{"read a file of the app", func(v victims) error { return read1(filepath.Join(v.dir, "plan.toml")) }},
	{"write a file of the app", func(v victims) error { return open(filepath.Join(v.dir, "planted"), os.O_CREATE|os.O_WRONLY) }},
	{"connect to a port", func(v victims) error { return dial(v.port, false) }},
	{"connect to a port by Multipath TCP", func(v victims) error { return dial(v.port, true) }},
	{"listen on a port", func(v victims) error { return listen() }},
}

// attack tries them all and tells how each went, a line each.
func attack(dir, port string) error {
	supervisor := strconv.Itoa(os.Getppid())
	v := victims{supervisor: supervisor, dir: dir, port: port}
	text, err := os.ReadFile("/proc/" + supervisor + "/task/" + supervisor + "/children")
	if err != nil {
		return err
	}
	for _, pid := range strings.Fields(string(text)) {
		if pid != strconv.Itoa(os.Getpid()) {
			v.sibling, v.app = v.app, pid // the app is started last
		}
	}
	for _, a := range attacks {
		how := "succeeds"
		if err := a.try(v); errors.Is(err, os.ErrPermission) || errors.Is(err, unix.EROFS) {
			how = "refused"
		} else if err != nil {
			how = err.Error()
		}
		fmt.Printf("%s: %s\n", a.name, how)
	}
	return nil
}

func open(path string, flags int) error {
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func read1(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Read(make([]byte, 1))
	return err
}

func trace(pid string) error {
	n, err := strconv.Atoi(pid)
	if err != nil {
		return err
	}
	if _, _, errno := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_SEIZE, uintptr(n), 0, 0, 0, 0); errno != 0 {
		return errno
	}
	return nil // and let go, when this thread ends
}

// limit sets the limits of core files to what they are.
func limit(pid string) error {
	n, err := strconv.Atoi(pid)
	if err != nil {
		return err
	}
	var same unix.Rlimit
	if err := unix.Prlimit(n, unix.RLIMIT_CORE, nil, &same); err != nil {
		return err
	}
	return unix.Prlimit(n, unix.RLIMIT_CORE, &same, nil)
}

func signal0(pid string) error {
	n, err := strconv.Atoi(pid)
	if err != nil {
		return err
	}
	return unix.Kill(n, 0)
}

// control connects to a supervisor's socket. Another's may be too busy to refuse.
func control(supervisor string) error {
	namespace, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return err
	}
	name := "@sidecar-supervisor/" + strings.Trim(namespace, "pid:[]") + "/" + supervisor
	for {
		err = dialed(net.Dial("unix", name))
		if !errors.Is(err, unix.ECONNREFUSED) {
			return err
		}
		time.Sleep(time.Millisecond) // until it is there: the processes are started first
	}
}

func dial(port string, multipath bool) error {
	var dialer net.Dialer
	dialer.SetMultipathTCP(multipath)
	return dialed(dialer.Dial("tcp", "127.0.0.1:"+port))
}

func dialed(conn net.Conn, err error) error {
	if err != nil {
		return err
	}
	return conn.Close()
}

func listen() error {
	var config net.ListenConfig
	config.SetMultipathTCP(false)
	listener, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	return listener.Close()
}

// newPrivileges reports whether a set-user-ID program would get its owner's rights.
func newPrivileges() error {
	text, err := os.ReadFile("/proc/self/status")
	if err == nil && strings.Contains(string(text), "NoNewPrivs:\t1") {
		return os.ErrPermission
	}
	return err
}

// fenced says that this process is in a sandbox, and ends with a status; where it isn't, that is an error.
func fenced(status string) error {
	if newPrivileges() == nil {
		return errors.New("not in a sandbox")
	}
	fmt.Println("in a sandbox")
	return command([]string{"exit", status})
}

// ready says READY=1 and waits to be ended.
func ready() error {
	if _, err := notify([]string{"READY=1"}); err != nil {
		return err
	}
	return wait()
}

// wait waits to be ended.
func wait() error {
	for {
		_ = unix.Pause()
	}
}
