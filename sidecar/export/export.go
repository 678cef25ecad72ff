// Package export holds what all exporters share: what is exported, and what a target cannot carry.
package export

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// Workspace is where the lifecycle puts the app in an image (buildpacks/spec, platform.md).
const Workspace = "/workspace"

// App is one process type of an app's image.
type App struct {
	Name    string // of the app; the target's objects are called so
	Image   string
	Plan    plan.Plan
	Command []string  // the app's own argv, without the supervisor; nil where only the image knows it
	Memory  plan.Size // of the app and its sidecars together; 0: unknown
	Taken   []string  // process types of the image that start something else than the sidecar that is called so
}

// ProcessType returns the process type of the image that starts a sidecar; empty where another process has taken its name.
func (a App) ProcessType(sidecar plan.Process) string {
	if slug := plan.Slug(sidecar.Name); !slices.Contains(a.Taken, slug) {
		return slug
	}
	return ""
}

// Loss is something that was declared and that the target does otherwise, or not at all.
type Loss struct {
	Process string `json:"process"` // the app or a sidecar's name
	Key     string `json:"key"`     // of the declaration, such as stop-signal
	Text    string `json:"text"`    // what becomes of it
}

// String returns the loss on one line.
func (l Loss) String() string { return oneLine(fmt.Sprintf("%s: %s: %s", l.Process, l.Key, l.Text)) }

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
