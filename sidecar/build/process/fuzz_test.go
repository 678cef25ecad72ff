package process_test

import (
	"path/filepath"
	"testing"

	"github.com/sidecar-buildpack/sidecar/integration/bounded"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/process"
)

// FuzzProcesses reads and wraps whatever other buildpacks leave.
func FuzzProcesses(f *testing.F) {
	f.Add("[[group]]\nid = \"a\"\napi = \"0.7\"\n[[group]]\nid = \"sidecar-buildpack/sidecar\"\n",
		"[[processes]]\ntype = \"web\"\ncommand = \"./web\"\nargs = [\"$PORT\"]\ndefault = true\n")
	f.Add("[[group]]\nid = \"a\"\napi = \"0.10\"\n", "processes = [{type = \"web\", command = [\"a\", 1, []], exec-env = [\"test\"]}]")
	f.Fuzz(func(t *testing.T, group, launch string) {
		layers := t.TempDir()
		write(t, filepath.Join(layers, "group.toml"), group)
		write(t, filepath.Join(layers, "a", "launch.toml"), launch)
		bounded.Do(t, 64<<20+1000*uint64(len(group)+len(launch)), func() {
			all, err := process.Read(layers, own)
			if err != nil {
				return
			}
			for _, p := range all {
				_, _ = process.Wrap(p, "/supervisor", "/script")
			}
		})
	})
}
