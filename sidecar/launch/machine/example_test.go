package machine_test

import (
	"fmt"
	"time"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/machine"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// A sidecar starts, the app after it. Then the sidecar dies, which is the end of both.
func ExampleStep() {
	agent := plan.Process{Name: "agent", Restart: plan.Never, Essential: true, StopSignal: "SIGTERM", StopGracePeriodSeconds: 5}
	app := plan.Process{Name: plan.AppName, Restart: plan.Never, Essential: true, StopSignal: "SIGTERM"}
	state := machine.New(plan.Plan{Type: "web", App: app, Sidecars: []plan.Process{agent}}, 9*time.Second)

	for _, event := range []machine.Event{
		machine.Begun{},
		machine.Spawned{At: machine.At(time.Millisecond), Proc: 0},
		machine.Spawned{At: machine.At(2 * time.Millisecond), Proc: 1},
		machine.Exited{At: machine.At(time.Minute), Proc: 0, Code: 137, Signal: "SIGKILL"},
		machine.Exited{At: machine.At(time.Minute), Proc: 1, Code: 0},
	} {
		var actions []machine.Action
		state, actions = machine.Step(state, event)
		for _, action := range actions {
			switch a := action.(type) {
			case machine.Spawn:
				fmt.Println("start process", a.Proc)
			case machine.Signal:
				fmt.Println("tell process", a.Proc, "to stop")
			case machine.Report:
				if a.Level == machine.Info {
					fmt.Println(a.Text)
				}
			case machine.Finish:
				fmt.Println("exit with", a.Code)
			}
		}
	}
	fmt.Println("the agent has", state.View(0).Phase)
	// Output:
	// start process 0
	// start process 1
	// sidecar "agent" was killed by SIGKILL; stopping web
	// tell process 1 to stop
	// exit code 137: sidecar "agent" was killed by SIGKILL
	// exit with 137
	// the agent has ended
}
