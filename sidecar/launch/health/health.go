// Package health says how processes are to those who decide what becomes of a container: over HTTP, for "supervisor health", and as
// OpenMetrics. The server is a few lines of its own, since net/http would double the supervisor; it does nothing until somebody asks, and
// is not there unless it is wanted.
package health

import (
	"errors"
	"strconv"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/machine"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/supervise"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// Kind is what is asked of processes, as Kubernetes' three probes ask it.
type Kind string

// The kinds.
const (
	Live    Kind = "live"    // none has ended for good, but those that have completed
	Started Kind = "started" // all run and are past their startup probes
	Ready   Kind = "ready"   // all run and pass their readiness probes, and nothing is being stopped
)

// Check says of each process in a line whether it is as kind asks, and reports whether all are. With a name, only that one counts, and
// otherwise the app and the essential sidecars. A name that nobody has is an error.
func Check(all []supervise.Status, kind Kind, name string) (text string, ok bool, err error) {
	ok = true
	found := false
	for _, s := range all {
		if name != "" && s.Name != name {
			continue
		}
		found = true
		fine := is(s, kind)
		if text += describe(s, kind, fine); name != "" || s.Essential {
			ok = ok && fine
		}
	}
	if !found {
		return "", false, errors.New("there is no process " + strconv.Quote(name) + " here")
	}
	return text, ok, nil
}

func is(s supervise.Status, kind Kind) bool {
	switch {
	case s.Done: // the app's end is that of all
		return kind != Ready || s.Name != plan.AppName
	case kind == Live:
		return s.Phase != machine.Ended && s.Phase != machine.Skipped
	case kind == Started:
		return s.Phase == machine.Running && s.Health != machine.Starting
	}
	return s.Phase == machine.Running && (s.Health == machine.Ready || s.Health == machine.Unprobed)
}

// describe returns a line such as "agent: not ready: backing off, exited with status 1".
func describe(s supervise.Status, kind Kind, fine bool) string {
	if fine {
		return s.Name + ": " + string(kind) + "\n"
	}
	facts := []string{s.Phase.String()}
	if s.Phase == machine.Running {
		facts = []string{s.Health.String()}
	}
	if s.PID == 0 && s.LastEnd != "" {
		facts = append(facts, s.LastEnd)
	}
	return s.Name + ": not " + string(kind) + ": " + strings.Join(facts, ", ") + "\n"
}
