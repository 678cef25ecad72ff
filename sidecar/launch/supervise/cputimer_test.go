package supervise

import (
	"os"
	"os/exec"
	"os/signal"
	"testing"

	. "github.com/onsi/gomega"
)

// A shell waits for a line and then computes. That we hear of it, and that the timer ends with the process, is all that memoryWatch needs.
func TestComputingIsHeardOf(t *testing.T) {
	g := NewWithT(t)
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, movedSignal)
	defer signal.Stop(heard)

	shell := exec.Command("sh", "-c", "read line; while :; do :; done")
	input, err := shell.StdinPipe()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(shell.Start()).To(Succeed())
	timer, ok := newCPUTimer(shell.Process.Pid)
	g.Expect(ok).To(BeTrue())
	defer timer.remove()
	for range 2 { // again and again
		g.Expect(timer.start()).To(BeTrue())
		_, _ = input.Write([]byte("compute\n"))
		<-heard
	}
	g.Expect(shell.Process.Kill()).To(Succeed())
	_ = shell.Wait()
	g.Expect(timer.start()).To(BeFalse())
}
