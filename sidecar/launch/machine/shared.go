package machine

import "syscall"

// Some platforms send SIGTERM to every process of a container. A sidecar may then have ended before our own SIGTERM is heard, and that end
// have begun the stop. Both are one event: the platform's.

// yields reports whether an end may be what a process does on SIGTERM: it died of it, or ended by itself. Statuses above 128 stand for
// signals, as shells have them.
func yields(e Exited) bool {
	const terminated = 128 + int(syscall.SIGTERM)
	return e.Reason == "" && (e.Signal == "SIGTERM" || e.Signal == "" && (e.Code <= 128 || e.Code == terminated))
}

// isShared reports whether a first SIGTERM, if it comes now, explains the end that began the stop.
func (t *step) isShared() bool { return t.yielded && t.now-t.began < sharedWindow }

// share takes the signal that has come for the cause, instead of the process that it has ended before.
func (t *step) share() {
	t.signal, t.summons = syscall.SIGTERM, "SIGTERM came, to "+t.title(t.cause)+" too"
	t.cause = none
	t.report(t.summons)
	t.do(Explain{t.summons})
}

// awaitShared reports whether to wait for a SIGTERM that would change the exit code, though nothing is left to stop.
func (t *step) awaitShared() bool {
	if t.terms > 0 || t.cause == t.m.app || !t.yielded {
		return false
	}
	if left := min(sharedPatience, t.m.budget/2) - (t.now - t.began); left > 0 && !t.sharing {
		t.sharing = true
		t.do(SetTimer{Timer{Kind: Shared}, left})
	}
	return t.sharing
}
