package plan

import (
	"maps"
	"slices"
)

// signals are Linux' signals that a process can be told to stop by (signal(7)), by their numbers on amd64 and arm64. Those that stop,
// continue or only inform a process, or that can't be caught but SIGKILL, are no way to stop one.
var signals = map[string]int{
	"SIGHUP": 1, "SIGINT": 2, "SIGQUIT": 3, "SIGILL": 4, "SIGTRAP": 5, "SIGABRT": 6, "SIGBUS": 7, "SIGFPE": 8, "SIGKILL": 9,
	"SIGUSR1": 10, "SIGSEGV": 11, "SIGUSR2": 12, "SIGPIPE": 13, "SIGALRM": 14, "SIGTERM": 15, "SIGSTKFLT": 16,
	"SIGXCPU": 24, "SIGXFSZ": 25, "SIGVTALRM": 26, "SIGPROF": 27, "SIGIO": 29, "SIGPWR": 30, "SIGSYS": 31,
}

// StopSignal returns the number of a signal that can tell a process to stop, such as SIGTERM; 0 where name is no such signal.
func StopSignal(name string) int { return signals[name] }

// StopSignals returns the names of all of them, by their numbers.
func StopSignals() []string {
	return slices.SortedFunc(maps.Keys(signals), func(a, b string) int { return signals[a] - signals[b] })
}
