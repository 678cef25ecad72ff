// Package kubernetes exports an app and its sidecars as Kubernetes objects. What must share one fate stays in one container with the
// supervisor; the others become native sidecars (KEP-753).
package kubernetes

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The shapes that a pod can have.
const (
	ShapeAuto  = "auto"  // essential sidecars stay in the app's container with the supervisor, others become native sidecars
	ShapeOne   = "one"   // everything in one container with the supervisor
	ShapeSplit = "split" // a container for each process
)

// The fates of an essential sidecar that has a container of its own.
const (
	FateToken      = "token"       // the app is restarted with its grace when the sidecar was: a liveness probe compares tokens
	FateRestartAll = "restart-all" // RestartAllContainers (KEP-5532): Kubernetes 1.36 and later
)

// Kinds are the kinds of workload that can be made.
var Kinds = []string{"Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod"}

// Minor is a minor version of Kubernetes 1.
type Minor int

// The range of versions: native sidecars are on by default since 1.29.
const (
	Oldest Minor = 29
	Newest Minor = 37

	restartAllSince   Minor = 36 // RestartAllContainers is kept by the API server
	restartRulesSince Minor = 35 // a restart policy, and rules, of each container (KEP-5307)
	sleepSince        Minor = 30 // the sleep of a preStop (KEP-3960)
)

func (m Minor) String() string { return "1." + strconv.Itoa(int(m)) }

// ParseVersion reads a version such as 1.34.
func ParseVersion(s string) (Minor, error) {
	minor, isOne := strings.CutPrefix(s, "1.")
	n, err := strconv.Atoi(minor)
	if !isOne || err != nil || Minor(n) < Oldest || Minor(n) > Newest {
		return 0, fmt.Errorf("%q is no version of Kubernetes that can be exported to: write one from %v to %v", s, Oldest, Newest)
	}
	return Minor(n), nil
}

// Options say how an app is exported.
type Options struct {
	Kind      string // one of Kinds
	Shape     string
	Fate      string
	Version   Minor
	Schedule  string   // of a CronJob, in cron's form
	Port      int      // that the app listens on; 0: none is named
	Shared    []string // absolute directories that all containers see
	Deadline  int      // seconds that a Job may take; 0: no bound
	PullNever bool     // the image is on the node already
	// WritableRoot leaves the containers' root file systems writable.
	WritableRoot bool
}

// runsOnce reports whether the pods' containers are not started again.
func (o Options) runsOnce() bool { return o.Kind == "Job" || o.Kind == "CronJob" }

// check returns an error for options that make no sense.
func (o Options) check() error {
	switch {
	case !slices.Contains(Kinds, o.Kind):
		return fmt.Errorf("kind %q cannot be exported: write one of %s", o.Kind, strings.Join(Kinds, ", "))
	case !slices.Contains([]string{ShapeAuto, ShapeOne, ShapeSplit}, o.Shape):
		return fmt.Errorf("shape %q is unknown: write %s, %s or %s", o.Shape, ShapeAuto, ShapeOne, ShapeSplit)
	case !slices.Contains([]string{FateToken, FateRestartAll}, o.Fate):
		return fmt.Errorf("fate %q is unknown: write %s or %s", o.Fate, FateToken, FateRestartAll)
	case o.Fate == FateRestartAll && o.Version < restartAllSince:
		return fmt.Errorf("fate %s needs Kubernetes %v or later: %v drops or refuses it", FateRestartAll, restartAllSince, o.Version)
	case o.Kind == "CronJob" && o.Schedule == "":
		return fmt.Errorf("a CronJob needs a schedule, such as \"0 3 * * *\"")
	}
	return nil
}
