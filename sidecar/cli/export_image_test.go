package cli

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/image"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func TestWhoseProcessTypesAreAnothers(t *testing.T) {
	built := image.Image{Processes: []image.Process{
		{Type: "web", Argv: []string{"/layers/x/supervisor", "run", "web", "--", "./app"}},
		{Type: "agent", Argv: []string{"./agent", "--port=9"}, WorkingDir: "/workspace"},
		{Type: "worker", Argv: []string{"./worker"}, WorkingDir: "/workspace"},
		{Type: "elsewhere", Argv: []string{"./agent"}},
	}}
	agent := plan.Process{Name: "agent", Command: []string{"./agent", "--port=$(P)"}, Env: map[string]string{"P": "9"}, WorkingDir: "/workspace"}
	var sidecars []plan.Process
	for _, name := range []string{"agent", "worker", "web", "elsewhere", "none"} {
		one := agent
		one.Name = name
		sidecars = append(sidecars, one)
	}
	NewWithT(t).Expect(taken(built, sidecars)).To(Equal([]string{"worker", "web", "elsewhere", "none"}))
}
