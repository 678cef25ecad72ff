package supervise

import (
	"context"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// idle is a supervisor that has not begun.
func idle(t *testing.T) *Supervisor {
	t.Helper()
	bell, err := newBell()
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { _ = unix.Close(bell.eventfd) })
	return newSupervisor(plan.Plan{Type: "web", App: plan.Process{Name: plan.AppName}}, Launch{
		Signals: &Signals{bell: bell}, Budget: time.Second, Processes: make([]Process, 1),
	})
}

// TestWhatIsAskedTooLateIsNotDone has the main goroutine come to something only when nobody waits for it any more, such as a check whose
// time is over: it would be taken for the failure of another.
func TestWhatIsAskedTooLateIsNotDone(t *testing.T) {
	for name, late := range map[string]bool{"in time": false, "late": true} {
		t.Run(name, func(t *testing.T) {
			r := idle(t)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			did, returned := false, make(chan struct{})
			go func() {
				defer close(returned)
				r.onMain(ctx, func() { did = true })
			}()
			r.agenda.rest()
			if late {
				cancel()
			}
			r.turn()
			<-returned
			NewWithT(t).Expect(did).To(Equal(!late))
		})
	}
}

// TestAlarms has them due in order, however they were set, and none that was cancelled.
func TestAlarms(t *testing.T) {
	var a agenda
	var done []string
	say := func(word string) func() { return func() { done = append(done, word) } }
	now := time.Now()
	a.after(3*time.Second, say("c"))
	cancelled := a.after(2*time.Second, say("b"))
	a.after(time.Second, say("a"))
	a.after(time.Hour, say("much later"))
	a.cancel(cancelled)
	NewWithT(t).Expect(a.due(now)).To(BeNil())
	for it := a.due(now.Add(time.Minute)); it != nil; it = a.due(now.Add(time.Minute)) {
		it.do()
	}
	NewWithT(t).Expect(done).To(Equal([]string{"a", "c"}))
}
