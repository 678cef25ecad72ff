package promises_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// TestInstants holds the supervisor to its promises where much happens in the same instant.
func TestInstants(t *testing.T) {
	prepare(t)
	spec.Run(t, "instants", testInstants, spec.Parallel(), spec.Flat())
}

func testInstants(t *testing.T, when spec.G, it spec.S) {
	g := NewWithT(t)
	Expect := g.Expect

	// piped has a process that ends and one that reads from it until then, many times, and gives all exit codes.
	piped := func(app, config string, success ...int) []int {
		var codes []int
		for range 30 {
			s := plain.prepare(t)
			pipe := filepath.Join(s.dir, "pipe")
			Expect(unix.Mkfifo(pipe, 0o600)).To(Succeed())
			sidecar := sidecar("config-server", command("sh", "-c", config, pipe))
			sidecar.SuccessExitCodes = success
			s.launch(s.supervisor(web(sidecar), "sh", "-c", app, pipe))
			codes = append(codes, s.exits())
		}
		return codes
	}

	it("exits with the app's 0 when a sidecar ends well with it", func() {
		Expect(piped(`exec 3>"$0"; exit 0`, `exec cat "$0"`)).To(HaveEach(0))
	})

	it("exits with the app's 0 when a sidecar ends with it as is declared to be well", func() {
		Expect(piped(`exec 3>"$0"; exit 0`, `cat "$0"; exit 3`, 0, 3)).To(HaveEach(0))
	})

	it("exits with the sidecar's code when the app ends well on account of it", func() {
		Expect(piped(`exec cat "$0"`, `exec 3>"$0"; exit 9`)).To(HaveEach(9))
	})

	it("hears a SIGTERM in a storm of other signals", func() {
		signals := ""
		for _, sig := range forwardable() {
			signals += fmt.Sprintf(" %d", sig)
		}
		for range 20 {
			s := plain.prepare(t)
			read, write, err := os.Pipe()
			Expect(err).NotTo(HaveOccurred())
			deaf := "trap ''" + signals + "; echo; exec sleep 1000"
			s.launch(s.supervisor(web(), "sh", "-c", deaf), func(c *exec.Cmd) { c.Stdout = write })
			write.Close()
			_, err = read.Read(make([]byte, 1)) // it is deaf now
			Expect(err).NotTo(HaveOccurred())
			read.Close()
			for round := range 300 {
				if round == 250 {
					s.signal(unix.SIGTERM)
				}
				for _, sig := range forwardable() {
					_ = s.cmd.Process.Signal(sig) // it may have ended
				}
			}
			Expect(s.exits()).To(Equal(143))
		}
	})

	it("passes no probe whose time is over before it could begin", func() {
		s := plain.start(t, web(sidecar("config-server", liveness(plan.Probe{
			Exec: &plan.Exec{Command: []string{"false"}}, PeriodSeconds: 60, TimeoutSeconds: 1e-9,
		}))))
		s.enters("config-server")
		app := s.enters("app")
		for range 20 {
			answer, err := s.ask(app, "probe", "config-server")
			Expect(err).To(Equal("exit status 1"), answer)
		}
	})

	it("keeps few connections of strangers who say nothing", func() {
		if os.Geteuid() != 0 {
			t.Skip("left out, since it takes root to be several users")
		}
		s := plain.start(t, web(sidecar("config-server")))
		s.enters("config-server")
		app := s.enters("app")
		s.ps(app) // it can be asked
		namespace, err := os.Readlink("/proc/self/ns/pid")
		Expect(err).NotTo(HaveOccurred())
		address := fmt.Sprintf("@sidecar-supervisor/%s/%s", strings.Trim(namespace, "pid:[]"), s.pid())
		for _, connection := range connectAs(t, stranger, address, 200) {
			defer connection.Close()
		}
		s.ps(app) // all who came before are taken care of
		files, err := os.ReadDir(fmt.Sprintf("/proc/%s/fd", s.pid()))
		Expect(err).NotTo(HaveOccurred())
		Expect(len(files)).To(BeNumerically("<", 50))
	})
}

// connectAs makes connections on a thread of its own, which becomes another user and ends then.
func connectAs(t *testing.T, user int, address string, count int) (connections []io.Closer) {
	t.Helper()
	failed := make(chan error)
	go func() {
		runtime.LockOSThread()
		if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, uintptr(user), uintptr(user), uintptr(user)); errno != 0 {
			failed <- errno
			return
		}
		for range count {
			fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
			if err == nil {
				connections = append(connections, os.NewFile(uintptr(fd), address))
				err = unix.Connect(fd, &unix.SockaddrUnix{Name: address})
			}
			if err != nil {
				failed <- err
				return
			}
		}
		failed <- nil
	}()
	if err := <-failed; err != nil {
		t.Fatal(err)
	}
	return connections
}
