package promises_test

import (
	"io"
	"os"
	"syscall"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
	"golang.org/x/sys/unix"
)

func testStalledReader(t *testing.T, when spec.G, it spec.S) {
	g := NewWithT(t)
	Expect := g.Expect

	everywhere(t, when, it, "signals, reaps and stops in time while nobody reads what is written", func(on *setting) {
		read, write, err := os.Pipe()
		Expect(err).NotTo(HaveOccurred())
		defer read.Close()
		defer write.Close()
		s := on.start(t, web(sidecar("config-server"), sidecar("proxy")), outputs(write), budget("2"))
		config, app := s.enters("config-server"), s.enters("app")
		config.do("flood")
		g.Eventually(func() (int, error) {
			return unix.Poll([]unix.PollFd{{Fd: int32(write.Fd()), Events: unix.POLLOUT}}, 0)
		}).WithTimeout(patience).Should(BeZero(), "the pipe is not full")

		app.do("endure")
		s.signal(unix.SIGUSR1)
		app.hears("SIGUSR1")
		app.do("start", "orphan", "daemon")
		orphan := s.enters("orphan")
		orphan.tell("exit", "0")
		orphan.ends()
		g.Eventually(state).WithArguments(orphan.pid).WithTimeout(patience).Should(BeEmpty())
		s.enters("proxy").kill(syscall.SIGKILL)
		app.hears("SIGTERM")
		Expect(s.exits()).To(Equal(137))
		Expect(s.took).To(BeNumerically("<", patience/2))
	})
}

// readAll reads to the end.
func readAll(f *os.File) string {
	text, _ := io.ReadAll(f)
	return string(text)
}
