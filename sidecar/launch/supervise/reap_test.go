package supervise

import (
	"os/exec"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// TestReapingLeavesRoomForWhatElseIsHeard has more processes end than are awaited in one turn: SIGTERM is heard before the last of them.
func TestReapingLeavesRoomForWhatElseIsHeard(t *testing.T) {
	Expect := NewWithT(t).Expect
	r := idle(t)
	var pids []int
	for range mostReaped + 5 {
		c := exec.Command("true")
		Expect(c.Start()).To(Succeed())
		pids = append(pids, c.Process.Pid)
	}
	left := func() (n int) {
		for _, pid := range pids {
			if ended(unix.P_PID, pid) == pid {
				n++
			}
		}
		return n
	}
	NewWithT(t).Eventually(left).WithTimeout(10 * time.Second).Should(Equal(len(pids)))

	r.counted[unix.SIGCHLD]-- // as if it had come
	r.turn()
	Expect(left()).To(Equal(5))
	Expect(r.state.Stopping()).To(BeFalse())

	r.counted[unix.SIGTERM]--
	r.agenda.rest() // the bell was rung for the rest of them
	r.turn()
	Expect(r.state.Stopping()).To(BeTrue())
	Expect(left()).To(BeZero())
}
