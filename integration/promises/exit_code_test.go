package promises_test

import (
	"fmt"
	"strconv"
	"syscall"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
	"golang.org/x/sys/unix"
)

func testExitCode(t *testing.T, when spec.G, it spec.S) {
	Expect := NewWithT(t).Expect

	for _, status := range []int{0, 7, 255} {
		everywhere(t, when, it, "exits with the app's "+strconv.Itoa(status), func(on *setting) {
			s := on.start(t, web(sidecar("config-server")))
			config := s.enters("config-server")
			s.enters("app").tell("exit", strconv.Itoa(status))
			config.hears("SIGTERM")
			Expect(s.exits()).To(Equal(status))
			if status == 0 {
				Expect(s.stderr.String()).To(BeEmpty())
				return
			}
			Expect(lines(&s.stderr)).To(HaveExactElements(
				fmt.Sprintf("supervisor | web exited with status %d; stopping its sidecars", status),
				fmt.Sprintf("supervisor | exit code %d: web exited with status %[1]d", status)))
		})
	}

	for _, death := range []syscall.Signal{unix.SIGSEGV, unix.SIGKILL, unix.SIGINT} {
		everywhere(t, when, it, "exits with 128+signal when the app dies of "+unix.SignalName(death), func(on *setting) {
			s := on.start(t, web(sidecar("config-server")))
			s.enters("app").tell("die", unix.SignalName(death))
			Expect(s.exits()).To(Equal(128 + int(death)))
		})
	}
}
