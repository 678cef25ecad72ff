// Package health says how processes are to those who decide what becomes of a container: over HTTP, for "supervisor health", and as
// OpenMetrics. The server is a few lines of its own, since net/http would double the supervisor; it does nothing until somebody asks, and
// is not there unless it is wanted.
package health

import (
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

// Check says of each process in a line whether it is as kind asks, and reports whether all are: the app and the essential sidecars. With a
// name, only that one counts. A name that nobody has is an error.
func Check(all []supervise.Status, kind Kind, name string) (text string, ok bool, err error) {
	if name != "" {
		i, err := supervise.Find(all, name)
		if err != nil {
			return "", false, err
		}
		fine := is(all[i], kind)
		return describe(all[i], kind, fine), fine, nil
	}
	ok = true
	for _, s := range all {
		fine := is(s, kind)
		if text += describe(s, kind, fine); s.Essential {
			ok = ok && fine
		}
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
