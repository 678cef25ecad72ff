package signals_test

import (
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/signals"
)

// own are those that the test needs as they are.
var own = []syscall.Signal{unix.SIGKILL, unix.SIGSTOP, unix.SIGURG, 32, 33, 34}

func TestSignalsAreCountedAndFaultsAreTheRuntimes(t *testing.T) {
	g := NewWithT(t)
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	g.Expect(err).NotTo(HaveOccurred())
	rung := os.NewFile(uintptr(fd), "eventfd")
	defer rung.Close()
	g.Expect(signals.Hear(fd, own)).To(Succeed())

	for sig := syscall.Signal(1); sig <= signals.Last; sig++ {
		if slices.Contains(own, sig) {
			continue
		}
		for n := range uint32(3) {
			before := signals.Count(sig)
			g.Expect(unix.Kill(os.Getpid(), sig)).To(Succeed())
			g.Expect(rung.SetReadDeadline(time.Now().Add(10 * time.Second))).To(Succeed())
			_, err := rung.Read(make([]byte, 8))
			g.Expect(err).NotTo(HaveOccurred(), "%v, time %d", sig, n+1)
			g.Expect(signals.Count(sig)).To(BeNumerically(">", before), "%v", sig)
		}
	}

	before := signals.Count(unix.SIGSEGV)
	var nowhere *int
	g.Expect(func() { *nowhere = 1 }).To(Panic(), "a fault is the runtime's")
	g.Expect(signals.Count(unix.SIGSEGV)).To(Equal(before))
}
