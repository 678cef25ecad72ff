// Package supervise runs the processes of a plan and keeps their promises.
//
// Its core is a pure state machine: Step takes a State and an Event and gives the next State and the Actions to carry out. It has no
// clock, no goroutine and no system call. Run is the thin runtime that turns the world into Events and carries the Actions out.
//
// # The contract
//
// For every plan and every history of events:
//
//   - Nothing is spawned, a first time or again, before all that it depends on holds, and nothing is spawned once all is stopping. What
//     can be spawned is, at once; what never can be any more has ended for good.
//   - Every process that was spawned is signalled or has ended by itself, and is awaited, before Finish; only a process that outlives
//     SIGKILL for half a second is left behind.
//   - All is stopped once the app has ended or fails its probe, a SIGTERM has come, or an essential sidecar has ended for good. Then the
//     app is the first to be told. A sidecar is told only when the app and every sidecar that depends on it are gone, unless a second
//     SIGTERM gave up the order.
//   - A process that is stopping is not killed before its grace period is over, unless the budget of the stop is.
//   - Finish always comes at most the stop's budget and half a second after the stop began. It comes once, and nothing comes after it.
//   - The exit code is the app's, but not 0 where it failed its probe; where a sidecar was the cause, the sidecar's or, where that was 0,
//     1. What could not be started because of another has that one's exit code. A stop that came before the app was started gives 128 +
//     the signal.
//   - A sidecar is started again at most max-restarts times within restart-window-seconds by its policy, and otherwise only by a person's
//     wish.
//   - No timer and no probe outlives the process that it is for, and nothing is probed once it, or all, is stopping.
//   - No process is signalled that does not run.
package supervise
