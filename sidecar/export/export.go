// Package export holds what all exporters share: what is exported, and what a target cannot carry.
package export

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/show"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// Workspace is where the lifecycle puts the app in an image (buildpacks/spec, platform.md).
const Workspace = "/workspace"

// App is one process type of an app's image.
type App struct {
	Name    string // of the app; the target's objects are called so
	Image   string
	Plan    plan.Plan
	Memory  plan.Size // of the app and its sidecars together, more than these have; 0: unknown
	Untyped []string  // the names of sidecars that no process type of the image starts
}

// ProcessType returns the process type of the image that starts a sidecar as it is declared. It is empty where the command has to be
// written out: there is no such type, or the command refers to variables that only its environment has.
func (a App) ProcessType(sidecar plan.Process) string {
	closed := sidecar.Closed()
	if slices.Contains(a.Untyped, sidecar.Name) || slices.ContainsFunc(sidecar.Command, func(word string) bool { return !closed(word) }) {
		return ""
	}
	return plan.Slug(sidecar.Name)
}

// Paths of an image (buildpacks/spec, platform.md): what starts a process type, and what starts any command with the environment that
// the image's layers give.
const (
	Processes = "/cnb/process/"
	Launcher  = "/cnb/lifecycle/launcher"
)

// What the supervisor in the app's container is told there.
const (
	BudgetVariable   = "BPL_SIDECAR_STOP_BUDGET_SECONDS"
	DisabledVariable = "BPL_SIDECAR_DISABLED"
)

// PatienceSeconds is how long a process may take to become ready. In our container others wait as long as it takes; this stands for that
// where a target asks for a number.
const PatienceSeconds = 24 * 60 * 60

// InItsDirectory returns the command that starts a sidecar's command in its directory: the launcher starts all in the app's.
func (l *Losses) InItsDirectory(p plan.Process, command []string) []string {
	if p.WorkingDir == "" || p.WorkingDir == Workspace {
		return command
	}
	l.Add(p.Name, "working-dir", "a shell changes to it, which the image needs")
	return append([]string{"/bin/sh", "-c", `cd "$0" && exec "$@"`, p.WorkingDir}, command...)
}

// Loss is something that was declared and that the target does otherwise, or not at all.
type Loss struct {
	Process string `json:"process"` // the app or a sidecar's name
	Key     string `json:"key"`     // of the declaration, such as stop-signal
	Text    string `json:"text"`    // what becomes of it
}

// String returns the loss on one line.
func (l Loss) String() string { return show.Text(fmt.Sprintf("%s: %s: %s", l.Process, l.Key, l.Text)) }

// Losses are collected while something is exported.
type Losses []Loss

// Add adds a Loss. The text is formatted as by fmt.Sprintf.
func (l *Losses) Add(process, key, format string, args ...any) {
	*l = append(*l, Loss{process, key, fmt.Sprintf(format, args...)})
}

// Sorted returns the losses by process and key, each once.
func (l Losses) Sorted() Losses {
	sorted := slices.Clone(l)
	slices.SortFunc(sorted, func(a, b Loss) int {
		return cmp.Or(cmp.Compare(a.Process, b.Process), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Text, b.Text))
	})
	return slices.Compact(sorted)
}
