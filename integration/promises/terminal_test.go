package promises_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

const (
	ctrlC = "\x03"
	ctrlZ = "\x1a"
)

func testTerminal(t *testing.T, when spec.G, it spec.S) {
	g := NewWithT(t)
	Expect := g.Expect
	shell := []string{"bash", "--norc", "--noprofile", "-i"}

	for _, on := range []*setting{plain, settings[2]} {
		when("as docker run -it has it, "+on.name, func() {
			it.Before(func() { on.require(t) })

			it("has job control in a shell as the app", func() {
				tty := openTerminal(t)
				s := on.prepare(t)
				s.launch(s.supervisor(web(sidecar("config-server")), shell...), tty.controls)
				config := s.enters("config-server")
				tty.shows("ready> ")

				tty.types(strings.Join(s.puppet("job"), " ") + "\n")
				job := s.enters("job")
				tty.types(ctrlC)
				job.hears("SIGINT")
				job.ends()

				tty.shows("ready> ")
				tty.types(strings.Join(s.puppet("job"), " ") + "\n")
				job = s.enters("job")
				job.do("default", "SIGTSTP")
				tty.types(ctrlZ)
				tty.shows("Stopped")
				tty.shows("ready> ")
				tty.types("fg\n")
				job.hears("SIGCONT")
				tty.types("a line\n")
				Expect(job.do("read")).To(Equal("a line"))
				job.tell("exit", "0")
				tty.shows("ready> ")

				tty.types("exit 5\n")
				config.hears("SIGTERM") // and nothing before
				Expect(s.exits()).To(Equal(5))
			})

			it("tells the app at once when the window's size changes", func() {
				tty := openTerminal(t)
				s := on.start(t, web(sidecar("config-server")), tty.controls)
				config, app := s.enters("config-server"), s.enters("app")
				for _, size := range []unix.Winsize{{Col: 132, Row: 43}, {Col: 80, Row: 24}} {
					tty.resizes(size)
					app.hears("SIGWINCH")
					Expect(app.do("size")).To(Equal(fmt.Sprintf("%dx%d", size.Col, size.Row)))
				}
				tty.types(ctrlC)
				app.hears("SIGINT")
				config.hears("SIGTERM")
				Expect(s.exits()).To(Equal(130))
			})

			it("hangs up on the app when the terminal is gone", func() {
				tty := openTerminal(t)
				s := on.start(t, web(sidecar("config-server")), tty.controls)
				config, app := s.enters("config-server"), s.enters("app")
				app.do("default", "SIGCONT") // comes with it, and may overtake it
				Expect(tty.tty.Close()).To(Succeed())
				Expect(tty.pty.Close()).To(Succeed())
				app.hears("SIGHUP")
				config.hears("SIGTERM")
				Expect(s.exits()).To(Equal(129))
			})

			it("doesn't let ctrl-Z stop what nobody could continue", func() {
				tty := openTerminal(t)
				s := on.start(t, web(sidecar("config-server")), tty.controls)
				app := s.enters("app")
				app.do("default", "SIGTSTP")
				tty.types(ctrlZ + "still here\n")
				Expect(app.do("read")).To(Equal("still here"))
				app.tell("exit", "0")
				Expect(s.exits()).To(BeZero())
			})
		})
	}

	when("as a job of a shell", func() {
		it("stops and continues as the app does", func() {
			tty := openTerminal(t)
			s := plain.prepare(t)
			s.launch(shell, tty.controls)
			tty.shows("ready> ")
			tty.types(strings.Join(s.supervisor(web(sidecar("config-server")), s.puppet("app")...), " ") + "\n")
			config, app := s.enters("config-server"), s.enters("app")
			app.do("default", "SIGTSTP")
			app.do("default", "SIGTTIN")
			for _, resume := range []string{"fg", "bg; fg"} {
				tty.types(ctrlZ)
				tty.shows("Stopped")
				tty.shows("ready> ")
				Expect(state(app.pid)).To(Equal("T"))
				config.do("ping")
				tty.types(resume + "\n")
				app.hears("SIGCONT")
				g.Eventually(tty.foreground).WithTimeout(patience).ShouldNot(Equal(s.cmd.Process.Pid)) // the shell
				tty.types("a line\n")
				Expect(app.do("read")).To(Equal("a line"))
				for len(app.happened) > 0 {
					Expect((<-app.happened).Event).To(Equal("SIGCONT")) // several are as good as one
				}
			}
			app.tell("exit", "6")
			tty.shows("ready> ")
			tty.types("echo status=$?\n")
			tty.shows("status=6")
			tty.types("exit\n")
			s.exits()
		})
	})

	it("can be started in the background, and come to the foreground", func() {
		tty := openTerminal(t)
		s := plain.prepare(t)
		s.launch(shell, tty.controls)
		tty.shows("ready> ")
		tty.types(strings.Join(s.supervisor(web(sidecar("config-server")), s.puppet("app")...), " ") + " &\n")
		s.enters("config-server")
		app := s.enters("app")
		app.do("default", "SIGTSTP")
		app.do("default", "SIGTTIN")
		tty.types("echo the shell has it\n")
		tty.shows("the shell has it\r\n")
		tty.types("fg\n")
		for range 2 {
			g.Eventually(tty.foreground).WithTimeout(patience).ShouldNot(Equal(s.cmd.Process.Pid)) // the shell
			tty.types("a line\n")
			Expect(app.do("read")).To(Equal("a line"))
			tty.types(ctrlZ)
			tty.shows("Stopped")
			tty.types("bg; fg\n")
			g.Eventually(state).WithArguments(app.pid).WithTimeout(patience).ShouldNot(Equal("T"))
		}
		tty.types(ctrlC)
		tty.shows("ready> ")
		tty.types("echo status=$?\n")
		tty.shows("status=130")
		tty.types("exit\n")
		s.exits()
	})

	it("gives the terminal back to the script that it runs in", func() {
		tty := openTerminal(t)
		s := plain.prepare(t)
		supervisor := strings.Join(s.supervisor(web(sidecar("config-server")), s.puppet("app")...), " ")
		s.launch([]string{"bash", "-c", supervisor + `; read line; echo "got $line"`}, tty.controls)
		app := s.enters("app")
		tty.types("for the app\nfor the script\n")
		Expect(app.do("read")).To(Equal("for the app"))
		app.tell("exit", "0")
		tty.shows("got for the script")
		Expect(s.exits()).To(BeZero())
	})
}

// terminal is a pseudo-terminal and what its screen has shown.
type terminal struct {
	t        *testing.T
	pty, tty *os.File
	output   chan string
	seen     string
}

func openTerminal(t *testing.T) *terminal {
	t.Helper()
	lab.Require(t, lab.Tool("bash", "every distribution"))
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	// Unlike the package's, this descriptor can be closed while it is read from.
	fd, err := unix.FcntlInt(master.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	master.Close()
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		t.Fatal(err)
	}
	tm := &terminal{t: t, pty: os.NewFile(uintptr(fd), "pty"), tty: slave, output: make(chan string, 1000)}
	go func() {
		defer close(tm.output)
		for {
			buffer := make([]byte, 4096)
			n, err := tm.pty.Read(buffer)
			if err != nil {
				return
			}
			tm.output <- string(buffer[:n])
		}
	}()
	t.Cleanup(func() {
		tm.tty.Close()
		tm.pty.Close()
	})
	return tm
}

// controls makes it the controlling terminal of what is started, in a session of its own.
func (tm *terminal) controls(c *exec.Cmd) {
	environ("PS1=ready> ", "TERM=dumb", "HISTFILE=")(c)
	c.Stdin, c.Stdout, c.Stderr = tm.tty, tm.tty, tm.tty
	c.SysProcAttr.Setsid, c.SysProcAttr.Setctty = true, true
}

func (tm *terminal) types(text string) {
	tm.t.Helper()
	if _, err := tm.pty.WriteString(text); err != nil {
		tm.t.Fatal(err)
	}
}

func (tm *terminal) resizes(size unix.Winsize) {
	tm.t.Helper()
	tm.control(func(fd int) error { return unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &size) })
}

// foreground is the process group that it serves.
func (tm *terminal) foreground() (group int) {
	tm.t.Helper()
	tm.control(func(fd int) (err error) {
		group, err = unix.IoctlGetInt(fd, unix.TIOCGPGRP)
		return err
	})
	return group
}

func (tm *terminal) control(do func(fd int) error) {
	tm.t.Helper()
	raw, err := tm.pty.SyscallConn()
	if err != nil {
		tm.t.Fatal(err)
	}
	failed := raw.Control(func(fd uintptr) { err = do(int(fd)) })
	if err = errors.Join(failed, err); err != nil {
		tm.t.Fatal(err)
	}
}

// shows awaits a text behind the last one that was awaited.
func (tm *terminal) shows(text string) {
	tm.t.Helper()
	timeout := time.After(patience)
	for {
		if i := strings.Index(tm.seen, text); i >= 0 {
			tm.seen = tm.seen[i+len(text):]
			return
		}
		select {
		case more, open := <-tm.output:
			if tm.seen += more; !open {
				tm.t.Fatalf("the terminal is gone, without %q, after\n%s", text, tm.seen)
			}
		case <-timeout:
			tm.t.Fatalf("the terminal doesn't show %q, but\n%s", text, tm.seen)
		}
	}
}
