// Package promises_test holds the supervisor to its promises, with real processes and signals, wherever it may have to run.
package promises_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

// patience is how long anything is waited for that should come at once. Nothing waits for it to pass.
const patience = 20 * time.Second

func TestPromises(t *testing.T) {
	prepare(t)
	suite := lab.Suite("promises")
	suite("start", testStart)
	suite("not started", testNotStarted)
	suite("inheritance", testInheritance)
	suite("environment", testEnvironment)
	suite("fate", testFate)
	suite("exit code", testExitCode)
	suite("stop", testStop)
	suite("descendants", testDescendants)
	suite("rest", testRest)
	suite("deaths", testDeaths)
	suite("drain", testDrain)
	suite("orphans", testOrphans)
	suite("supervisor killed", testSupervisorKilled)
	suite("signals", testSignals)
	suite("stdin", testStdin)
	suite("logs", testLogs)
	suite("stalled reader", testStalledReader)
	suite("probes", testProbes)
	suite("control", testControl)
	suite("wishes", testWishes)
	suite("changes", testChanges)
	suite("timeline", testTimeline)
	suite("health", testHealth)
	suite("command line", testCommandLine)
	suite("threads", testThreads)
	suite("starved", testStarved)
	suite("held up", testHeldUp)
	suite("sandbox", testSandbox)
	suite("attack", testAttack)
	suite("terminal", testTerminal)
	suite.Run(t)
}

// programs is the directory of all that is run here: supervisor and child, static, and two files that can't be run.
var programs string

func TestMain(m *testing.M) { lab.Main(m) }

// prepare builds the programs.
func prepare(t *testing.T) {
	t.Helper()
	dependOnSources(t)
	files := lab.Files{
		"supervisor": "./cmd/supervisor", "supervisor-probe": "./cmd/supervisor-probe", "child": "./integration/promises/child",
		"data": "no program\n", "script": "#!/no/such/interpreter\n",
	}
	if isRaced() {
		supervisor, err := os.ReadFile(lab.Program(t, "./cmd/supervisor", raced...))
		if err != nil {
			t.Fatal(err)
		}
		files["supervisor"] = string(supervisor)
	}
	programs = lab.Make(t, files)
}

// raced has the Go command build with the race detector, and yet a static program.
var raced = []string{"CGO_ENABLED=1", `GOFLAGS=-race "-ldflags=-linkmode=external -extldflags=-static"`}

// isRaced reports whether the test itself has been built with -race. The supervisor is then too.
func isRaced() bool {
	info, _ := debug.ReadBuildInfo()
	return slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
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
