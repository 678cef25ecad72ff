package declare_test

import (
	"fmt"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/resolve"
)

// A declaration is read on its own, merged with others, and resolved for the process types of an image.
func Example() {
	source, err := declare.ParseSource([]byte(`
[[sidecars]]
name = "config-server"
command = ["./config-server", "--port", "$(CONFIG_PORT)"]
memory = "64M"
`), "sidecar.toml")
	if err != nil {
		fmt.Println(err)
		return
	}
	merged, err := declare.Merge([]declare.Source{source}, false)
	if err != nil {
		fmt.Println(err)
		return
	}
	image := resolve.Image{Types: []string{"api", "worker"}, Default: "api"}
	declaration, warnings, err := resolve.For(merged, image)
	if err != nil {
		fmt.Println(err)
		return
	}
	plan := resolve.Plan(declaration, "api", "/workspace")
	fmt.Println(plan.Type, plan.Sidecars[0].Name, plan.Sidecars[0].Memory, plan.Sidecars[0].Restart, warnings)
	// Output: api config-server 64M never []
}

// Errors say where they are and what to write, all at once.
func ExampleParseSource() {
	_, err := declare.ParseSource([]byte(`
[[sidecars]]
name = "agent"
comand = ["./agent"]
readiness-probe = { http-get = { port = "8080" } }
`), "sidecar.toml")
	fmt.Println(err)
	// Output:
	// sidecar.toml:4:1: sidecar "agent": unknown key comand: did you mean command?
	// sidecar.toml:5:41: sidecar "agent": readiness-probe.http-get.port is "8080": write 8080, without quotes
}
