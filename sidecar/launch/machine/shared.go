package machine

import (
	"syscall"
	"time"
)

// Some platforms send SIGTERM to every process of a container. A sidecar may then have ended before our own SIGTERM is heard, and that end
// have begun the stop. Both are one event: the platform's.

// yields returns for how long a SIGTERM would explain an end: long where the process died of it, as shells have it in the status too, or
// ended well. One that says by its status that something failed may just as well have failed.
func (s *spec) yields(e Exited) time.Duration {
	const terminated = 128 + int(syscall.SIGTERM)
	switch {
	case e.Signal == "SIGTERM", e.Signal == "" && e.Code == terminated, e.Signal == "" && e.Reason == "" && s.Succeeds(e.Code):
		return sharedWindow
	case e.Signal == "" && e.Reason == "" && e.Code <= 128:
		return failedWindow
	}
	return 0
}

// isShared reports whether a first SIGTERM, if it comes now, explains the end that began the stop.
func (t *step) isShared() bool { return t.now-t.began < t.yielded }

// share takes the signal that has come for the cause, instead of the process that it has ended before.
func (t *step) share() {
	t.signal, t.summons = syscall.SIGTERM, "SIGTERM came, to "+t.title(t.cause)+" too"
	t.cause = none
	t.report(t.summons)
	t.do(Explain{t.summons})
}

// awaitShared reports whether to wait for a SIGTERM that would change the exit code, though nothing is left to stop.
func (t *step) awaitShared() bool {
	if t.terms > 0 || t.cause == t.m.app || t.yielded == 0 {
		return false
	}
	if left := min(sharedPatience, t.yielded, t.m.budget/2) - (t.now - t.began); left > 0 && !t.sharing {
		t.sharing = true
		t.do(SetTimer{Timer{Kind: Shared}, left})
	}
	return t.sharing
}
