package promises_test

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/proc"
)

// forwardable are all signals but those that can't be caught, those of children, pipes and limits, those that libraries and Go's runtime
// and profiler keep for themselves, also in a puppet, and SIGTERM. Where there is a terminal, those of reading and writing there aren't
// either.
func forwardable() []syscall.Signal {
	signals := []syscall.Signal{
		unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGUSR1, unix.SIGUSR2, unix.SIGALRM, unix.SIGSTKFLT, unix.SIGCONT, unix.SIGTSTP,
		unix.SIGILL, unix.SIGTRAP, unix.SIGABRT, unix.SIGBUS, unix.SIGFPE, unix.SIGSEGV, unix.SIGSYS,
		unix.SIGVTALRM, unix.SIGWINCH, unix.SIGIO, unix.SIGPWR,
	}
	if terminal, err := os.Open("/dev/tty"); err == nil {
		terminal.Close()
	} else {
		signals = append(signals, unix.SIGTTIN, unix.SIGTTOU)
	}
	for sig := syscall.Signal(35); sig <= 64; sig++ { // the real-time ones
		signals = append(signals, sig)
	}
	return signals
}

func signalName(sig syscall.Signal) string {
	if name := unix.SignalName(sig); name != "" {
		return name
	}
	return "SIG" + strconv.Itoa(int(sig))
}

func testSignals(t *testing.T, when spec.G, it spec.S) {
	g := NewWithT(t)

	everywhere(t, when, it, "passes every signal on to the app, and none to sidecars", func(on *setting) {
		s := on.start(t, web(sidecar("config-server")))
		config, app := s.enters("config-server"), s.enters("app")
		app.do("endure")
		for _, sig := range forwardable() {
			s.signal(sig)
			app.hears(signalName(sig))
		}
		app.tell("exit", "0")
		config.hears("SIGTERM") // and nothing before
		g.Expect(s.exits()).To(BeZero())
	})

	it("passes every signal on where its parent has blocked them", func() {
		s := plain.prepare(t)
		s.launch(append([]string{plain.path("child"), "burdened", "--"}, s.supervisor(web(), s.puppet("app")...)...))
		app := s.enters("app")
		app.do("endure")
		for _, sig := range forwardable() {
			s.signal(sig)
			app.hears(signalName(sig))
		}
		app.tell("exit", "0")
		g.Expect(s.exits()).To(BeZero())
	})

	it("leaves to the app what its parent has blocked", func() {
		s := plain.prepare(t)
		argv := s.supervisor(web(), "/bin/grep", "^SigBlk", "/proc/self/status")
		s.launch(append([]string{plain.path("child"), "burdened", "--"}, argv...))
		g.Expect(s.exits()).To(BeZero())
		g.Expect(s.stdout.String()).To(MatchRegexp(`SigBlk:\s*[0-9a-f]*[1-9a-f]`))
	})

	it("awaits who had ended before it was started", func() {
		s := plain.prepare(t)
		s.launch(append([]string{plain.path("child"), "burdened", "--"}, s.supervisor(web(), s.puppet("app")...)...))
		app := s.enters("app")
		g.Eventually(proc.Children).WithArguments(s.cmd.Process.Pid).WithTimeout(patience).Should(Equal([]int{app.pid}))
	})

	it("loses none of a kind that comes amid many of another", func() {
		s := plain.start(t, web())
		app := s.enters("app")
		for range 5 {
			for range 100 {
				s.signal(syscall.Signal(40))
			}
			s.signal(syscall.Signal(41))
			s.signal(unix.SIGWINCH)
			rare := map[string]int{}
			for len(rare) < 2 {
				select {
				case m := <-app.happened:
					if m.Event != "SIG40" {
						rare[m.Event]++
					}
				case <-time.After(patience):
					t.Fatalf("of a SIG41 and a SIGWINCH it has heard %v", rare)
				}
			}
		}
	})

	for _, sent := range []struct {
		name string
		sig  syscall.Signal
	}{{"PROF", unix.SIGPROF}, {"RTMIN", 34}} {
		it("passes SIG"+sent.name+" on to an app that is not written in Go", func() {
			s := plain.prepare(t)
			out := pipe(t)
			app := "trap 'exit 5' " + sent.name + "; echo; while :; do sleep 0.01; done"
			s.launch(s.supervisor(web(), "/bin/bash", "-c", app), func(c *exec.Cmd) { c.Stdout = out.write })
			_, err := out.read.Read(make([]byte, 1)) // it listens now
			g.Expect(err).NotTo(HaveOccurred())
			s.signal(sent.sig)
			g.Expect(s.exits()).To(Equal(5))
		})
	}

	everywhere(t, when, it, "stops and continues the app", func(on *setting) {
		s := on.start(t, web(sidecar("config-server")))
		config, app := s.enters("config-server"), s.enters("app")
		app.do("default", "SIGTSTP")
		s.signal(unix.SIGTSTP)
		g.Eventually(state).WithArguments(app.pid).WithTimeout(patience).Should(Equal("T"))
		config.do("ping")
		s.signal(unix.SIGCONT)
		app.hears("SIGCONT")
		app.tell("exit", "4")
		g.Expect(s.exits()).To(Equal(4))
	})

	it("lets an app that is stopped hear that it is to end", func() {
		s := plain.start(t, web(sidecar("config-server")))
		app := s.enters("app")
		app.kill(unix.SIGSTOP)
		g.Eventually(state).WithArguments(app.pid).WithTimeout(patience).Should(Equal("T"))
		s.signal(unix.SIGTERM)
		g.Expect(s.exits()).To(Equal(128 + 15))
	})

	it("lets an app that is still to be stopped hear that it is to end", func() {
		s := plain.prepare(t)
		says := pipe(t)
		s.launch(s.supervisor(web(sidecar("config-server")), s.puppet("app")...), outputsApart(says.write))
		app := s.enters("app")
		child, err := strconv.Atoi(app.do("cling")) // and so hasn't stopped as a whole
		g.Expect(err).NotTo(HaveOccurred())
		app.kill(unix.SIGSTOP)
		g.Eventually(state).WithArguments(app.pid).WithTimeout(patience).Should(Equal("T"))
		s.signal(unix.SIGTERM)
		says.until("stopping web")
		g.Expect(unix.Kill(child, unix.SIGKILL)).To(Succeed())
		g.Expect(s.exits()).To(Equal(128 + 15))
	})

	it("keeps to itself what the kernel tells it of its own output", func() {
		out, err := os.Create(filepath.Join(t.TempDir(), "out"))
		g.Expect(err).NotTo(HaveOccurred())
		defer out.Close()
		s := plain.prepare(t)
		chatty := expendable("chatty",
			"i=0; while [ $i -lt 2000 ]; do echo a line that goes on for a while, so that the file is soon full; i=$((i+1)); done")
		s.launch(append([]string{"/bin/bash", "-c", `ulimit -f 1; exec "$@"`, "bash"},
			s.supervisor(web(chatty), "/bin/sh", "-c", "read line")...), outputs(out), func(c *exec.Cmd) { c.Stdin = pipe(t).read })
		g.Eventually(func() int64 { at, _ := out.Seek(0, io.SeekEnd); return at }).WithTimeout(patience).Should(BeNumerically(">=", 1024))
		s.signal(unix.SIGTERM)
		g.Expect(s.exits()).To(Equal(128 + 15))
	})
}
