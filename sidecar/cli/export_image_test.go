package cli

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/resolve"
	"github.com/sidecar-buildpack/sidecar/sidecar/image"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func TestWhomTheImageHasNoProcessTypeFor(t *testing.T) {
	built := image.Image{Processes: []image.Process{
		{Type: "web", Argv: []string{"/layers/x/supervisor", "run", "web", "--", "./app"}},
		{Type: "agent", Argv: []string{"./agent", "--port=9"}, WorkingDir: "/workspace"},
		{Type: "worker", Argv: []string{"./worker"}, WorkingDir: "/workspace"},
		{Type: "elsewhere", Argv: []string{"./agent"}},
		{Type: "path", Argv: []string{"./agent", "--port=9"}, WorkingDir: "/workspace/conf"},
		{Type: "absolute", Argv: []string{"/workspace/conf/agent", "--port=9"}, WorkingDir: "/workspace/conf"},
	}}
	agent := plan.Process{Name: "agent", Command: []string{"./agent", "--port=$(P)"}, WorkingDir: "/workspace",
		Env: map[string]string{"P": "9"}}
	var sidecars []plan.Process
	for _, name := range []string{"agent", "worker", "web", "elsewhere", "none"} {
		one := agent
		one.Name = name
		sidecars = append(sidecars, one)
	}
	for _, name := range []string{"path", "absolute"} { // the launcher finds no path in a directory of the process's own
		one := agent
		one.Name, one.WorkingDir = name, "/workspace/conf"
		sidecars = append(sidecars, one)
	}
	expect := NewWithT(t).Expect
	expect(exportSource{image: &built}.untyped(sidecars)).To(Equal([]string{"worker", "web", "elsewhere", "none", "path"}))
	assumed := resolve.Image{Types: []string{"web", "worker"}}
	expect(exportSource{assumed: assumed}.untyped(sidecars)).To(Equal([]string{"worker", "web"}))
}
