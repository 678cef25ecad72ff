// Package promises_test holds the supervisor to its promises, with real processes and signals, wherever it may have to run.
package promises_test

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/sclevine/spec"
)

// patience is how long anything is waited for that should come at once. Nothing waits for it to pass.
const patience = 20 * time.Second

func TestPromises(t *testing.T) {
	dependOnSources(t)
	suite := spec.New("promises", spec.Parallel(), spec.Flat())
	for _, behaviour := range []struct {
		name string
		spec func(*testing.T, spec.G, spec.S)
	}{
		{"start", testStart},
		{"not started", testNotStarted},
		{"inheritance", testInheritance},
		{"environment", testEnvironment},
		{"fate", testFate},
		{"exit code", testExitCode},
		{"stop", testStop},
		{"descendants", testDescendants},
		{"orphans", testOrphans},
		{"supervisor killed", testSupervisorKilled},
		{"signals", testSignals},
		{"stdin", testStdin},
		{"logs", testLogs},
		{"stalled reader", testStalledReader},
		{"probes", testProbes},
		{"control", testControl},
		{"threads", testThreads},
		{"terminal", testTerminal},
	} {
		suite(behaviour.name, behaviour.spec)
	}
	suite.Run(t)
}

// programs is the directory of all that is run here: supervisor and child, static, and two files that can't be run.
var programs string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		defer func() { os.RemoveAll(programs) }()
		if err := prepare(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		flag.Parse()
		if err := flag.Set("test.parallel", "8"); err != nil { // they wait more than they work
			panic(err)
		}
		return m.Run()
	}())
}

func prepare() (err error) {
	if programs, err = os.MkdirTemp("", "promises"); err != nil {
		return err
	}
	if err := os.Chmod(programs, 0o755); err != nil {
		return err
	}
	build := exec.Command("go", "build", "-o", programs+"/", "./cmd/supervisor", "./cmd/supervisor-probe", "./integration/promises/child")
	build.Dir = filepath.Join("..", "..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w\n%s", build.Args, err, output)
	}
	if err := os.WriteFile(filepath.Join(programs, "data"), []byte("no program\n"), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(programs, "script"), []byte("#!/no/such/interpreter\n"), 0o755)
}

// dependOnSources opens the directories of what was built: go test gives an old result again as long as nothing has changed that a test
// has opened itself.
func dependOnSources(t *testing.T) {
	for _, root := range []string{"child", filepath.Join("..", "..", "cmd"), filepath.Join("..", "..", "sidecar")} {
		if err := filepath.WalkDir(root, func(_ string, _ fs.DirEntry, err error) error { return err }); err != nil {
			t.Fatal(err)
		}
	}
}
