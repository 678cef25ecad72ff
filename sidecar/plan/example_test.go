package plan_test

import (
	"fmt"
	"os"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// A plan is what the supervisor reads: a build writes one for each process type that has sidecars.
func Example() {
	p := plan.Plan{
		Type: "web",
		App:  plan.Process{Name: plan.AppName, Restart: plan.Never, Logs: plan.Raw, StopSignal: "SIGTERM", Essential: true},
		Sidecars: []plan.Process{{
			Name: "agent", Command: []string{"./agent", "--port=$(PORT)"}, Restart: plan.OnFailure, Logs: plan.Prefix, StopSignal: "SIGTERM",
		}},
	}
	file, err := os.CreateTemp("", "plan-*.toml")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.Remove(file.Name())
	if err := plan.Write(file.Name(), p); err != nil {
		fmt.Println(err)
		return
	}
	read, err := plan.Read(file.Name(), "web")
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, edges := range read.Graph() {
		for _, edge := range edges {
			fmt.Println(read.Processes()[i].Name, "waits for", read.Processes()[edge.On].Name, edge.Condition)
		}
	}
	// Output: app waits for agent started
}

func ExampleExpand() {
	port := func(name string) (string, bool) { return "8080", name == "PORT" }
	fmt.Println(plan.Expand("http://127.0.0.1:$(PORT)/$(PATH) $$(PORT) $PORT", port))
	// Output: http://127.0.0.1:8080/$(PATH) $(PORT) $PORT
}
