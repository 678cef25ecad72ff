package machine

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func TestAViewSaysHowAProcessIsAndWhatItWaitsFor(t *testing.T) {
	const vault, job, app = 0, 1, 2
	expect := NewWithT(t).Expect
	state := New(web(
		sidecar("vault", probed(plan.Startup, 1), probed(plan.Readiness, 1)), sidecar("job"),
		appWith(needs("vault", plan.Ready), needs("job", plan.Completed)),
	), time.Second)
	happens := func(events ...Event) {
		for _, e := range events {
			state, _ = Step(state, e)
		}
	}
	answers := func() (all []string) {
		for _, w := range state.View(app).Waits {
			all = append(all, w.For+" "+string(w.Condition)+": "+w.Answer)
		}
		return all
	}

	happens(Begun{})
	expect(answers()).To(HaveExactElements("job completed: it is being started", "vault ready: it is being started"))
	happens(Spawned{Proc: vault}, Spawned{Proc: job})
	expect(state.View(vault).Health).To(Equal(Starting))
	expect(state.View(job).Health).To(Equal(Unprobed))
	happens(Probed{Proc: vault, Run: 1, Kind: plan.Startup, Reason: "refused"})
	expect(answers()).To(HaveExactElements("job completed: it still runs", "vault ready: refused"))

	happens(Exited{Proc: job}, Probed{Proc: vault, Run: 1, Kind: plan.Startup, Passed: true})
	expect(state.View(job).Done).To(BeTrue())
	expect(state.View(vault).Done).To(BeFalse())
	expect(state.View(vault).Health).To(Equal(NotReady))
	expect(answers()).To(HaveExactElements("vault ready: no answer yet"))

	happens(Probed{Proc: vault, Run: 1, Kind: plan.Readiness, Passed: true})
	expect(state.View(vault).Health).To(Equal(Ready))
	expect(state.View(app).Phase).To(Equal(Spawning))
	expect(answers()).To(BeEmpty())

	happens(Spawned{Proc: app}, Exited{Proc: vault, Code: 3})
	expect(state.View(vault)).To(And(HaveField("LastEnd", "exited with status 3"), HaveField("Done", false), HaveField("Health", Unprobed)))
	expect(state.View(app)).To(And(HaveField("Phase", Stopping), HaveField("Waits", BeEmpty())))
}

func TestAViewOfWhatIsStartedAgainIsNotDone(t *testing.T) {
	state := New(web(sidecar("vault", restarts(plan.Always, 5))), time.Second)
	for _, e := range []Event{Begun{}, Spawned{}, Exited{}} {
		state, _ = Step(state, e)
	}
	NewWithT(t).Expect(state.View(0)).To(And(HaveField("Phase", BackingOff), HaveField("Done", false)))
}

func TestViewTellsWhenAProcessWasReadyFirst(t *testing.T) {
	expect := NewWithT(t).Expect
	state := New(web(sidecar("vault", probed(plan.Readiness, 1))), time.Second)
	ready := func() time.Duration { return state.View(0).Ready }
	happens := func(e Event) { state, _ = Step(state, e) }
	probed := func(at At, passed bool) Probed {
		return Probed{At: at, Run: state.View(0).Run, Kind: plan.Readiness, Passed: passed}
	}
	happens(Begun{})
	happens(Spawned{At: 1})
	expect(ready()).To(BeZero())
	happens(probed(2, true))
	for range 3 {
		happens(probed(3, false))
	}
	happens(probed(4, true))
	expect(ready()).To(Equal(time.Duration(2)))
	happens(RestartAsked{At: 5})
	happens(Exited{At: 6})
	happens(Spawned{At: 7})
	expect(ready()).To(BeZero())
	happens(probed(8, true))
	expect(ready()).To(Equal(time.Duration(8)))
}
