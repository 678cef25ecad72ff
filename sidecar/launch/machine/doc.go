// Package machine decides what becomes of the processes of a plan: when each is started, told to stop, killed, started again or given up,
// and what the container exits with.
//
// It is a pure state machine: Step takes a State and an Event and returns the next State and the Actions to carry out. It has no clock, no
// goroutine and no system call. What others may know of a State is a View, a copy. Package supervise turns the world into Events and
// carries the Actions out.
//
// # The contract
//
// For every plan and every history of events:
//
//   - Nothing is spawned, a first time or again, before all that it depends on holds, and nothing is spawned once all is stopping. What
//     can be spawned is, at once; what never can be any more has ended for good. The app does not wait for a sidecar that isn't essential
//     and has failed once, unless it asked for that.
//   - What a process leaves behind when it ends is told to stop at once, and killed when the process's grace is over. Nothing of a
//     sidecar's last run is left when it is spawned again, but for what outlives SIGKILL for half a second.
//   - Every process that was spawned is signalled or has ended by itself, and is awaited, before Finish; only a process that outlives
//     SIGKILL for half a second is left behind.
//   - All is stopped once the app has ended or fails its probe, a SIGTERM has come, or an essential sidecar has ended for good. Then the
//     app is the first to be told. A sidecar is told only when the app and every sidecar that depends on it are gone, with all that they
//     left behind, unless a second SIGTERM gave up the order.
//   - A process that is stopping is not killed before its grace period is over, unless the budget of the stop is.
//   - Finish always comes at most the stop's budget and half a second after the stop began. It comes once, and nothing comes after it.
//   - The exit code is the app's; where a sidecar was the cause, the sidecar's or, where that was 0, 1. It is 1 where the cause was ended
//     for a probe that it failed, or for its memory. What could not be started because of another has that one's exit code.
//     A stop that came before the app was started gives 128 + the signal. A first SIGTERM within a second after the end of a sidecar that
//     it would explain is the cause instead of that: a platform may send it to all.
//   - A sidecar is started again at most max-restarts times within restart-window-seconds by its policy, and otherwise only by a person's
//     wish.
//   - A sidecar that somebody has stopped stays so, is no cause for anything, and is started again only by a person's wish.
//   - A container that ends with an error is explained, by a sentence that names the culprit.
//   - As long as somebody waits, that is told: after five seconds, and then every thirty.
//   - No timer and no probe outlives the process that it is for, and nothing is probed once it, or all, is stopping.
//   - No process is signalled that does not run.
package machine
