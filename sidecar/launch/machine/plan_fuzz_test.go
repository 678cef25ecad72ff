package machine

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/integration/bounded"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// FuzzPlan has a machine made of whatever plan can be read, and stopped again.
func FuzzPlan(f *testing.F) {
	for _, text := range []string{
		"version = 1\n[[plans]]\ntype = \"web\"\n[plans.app]\nname = \"app\"\n",
		"[[plans]]\ntype = \"web\"\n[plans.app]\nname = \"app\"\n[plans.app.depends-on]\na = \"ready\"\n[[plans.sidecars]]\n" +
			"name = \"a\"\ncommand = [\"a\"]\nrestart = \"always\"\nmax-restarts = 1\nrestart-window-seconds = 1\n" +
			"stop-signal = \"SIGTERM\"\nstop-grace-period-seconds = 1e9\nlogs = \"prefix\"\n[plans.sidecars.startup-probe]\n" +
			"notify = true\nperiod-seconds = 1\ntimeout-seconds = 1\nsuccess-threshold = 1\nfailure-threshold = 1\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file := filepath.Join(t.TempDir(), "plan.toml")
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		bounded.Do(t, 16<<20+1000*uint64(len(text)), func() {
			p, err := plan.Read(file, "web")
			if err != nil {
				return
			}
			state := New(p, 9*time.Second)
			events := []Event{Begun{}, Spawned{Proc: 0}, Signalled{Signal: unix.SIGTERM}, Exited{Proc: len(p.Sidecars)}, Exited{Proc: 0}}
			for _, e := range events {
				state, _ = Step(state, e)
			}
		})
	})
}
