package supervise

import (
	"runtime"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/proc"
)

// Go's runtime aborts when it wants one more thread and there are no PIDs left. Whoever uses up a container's PIDs would take the
// supervisor along, so it makes all threads while it can: they cost about 20 KB each.
const (
	// runningThreads run Go code (GOMAXPROCS). The main goroutine keeps one of two while a child of its is between fork and exec.
	runningThreads = 2
	// waitingThreads wait in the kernel: two for writes to our outputs, one for the busiest pipe, one for a look into /proc, one for the
	// poller.
	waitingThreads = 5
	// spareThreads are for system calls that should be short, when the machine is too busy for them to be.
	spareThreads = 2
)

// Making the threads takes half a millisecond, which the processes have to themselves when they start. Somebody who may have manyPIDs needs
// several milliseconds to use them up, in which fewProcesses are started and the threads made.
const (
	manyPIDs     = 4000
	fewProcesses = 16
)

// threadsFirst reports whether the threads are to be made before any of a number of processes is started, since the first of them could
// use up all PIDs before the last is started.
func threadsFirst(processes int) bool { return processes > fewProcesses || fewPIDs() }

// fewPIDs reports whether our user, or our control group of version 2 or 1, may have fewer than manyPIDs processes. A group is looked for
// where containers have their own: elsewhere it takes longer to find than to make the threads.
func fewPIDs() bool {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NPROC, &limit) == nil && limit.Cur < manyPIDs {
		return true
	}
	for _, file := range []string{"/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/pids/pids.max"} {
		if text, err := proc.Read(file); err == nil {
			most, err := strconv.Atoi(strings.TrimSpace(string(text)))
			return err == nil && most < manyPIDs // or it is "max"
		}
	}
	return false
}

// LimitThreads sets how many threads run Go code. What the environment says of that is not for us.
func LimitThreads() { runtime.GOMAXPROCS(runningThreads) }

// descriptors is how many one process may take of us: for its output and its probes.
const descriptors = 4

// makeRoom has the kernel make room for n file descriptors at once. Where threads share them, it waits for all processors whenever it makes
// more room (expand_fdtable in fs/file.c): 5 to 25 milliseconds, several times while hundreds are opened one by one.
func makeRoom(n int) {
	if fd, err := unix.FcntlInt(0, unix.F_DUPFD_CLOEXEC, n); err == nil { // else there is a limit, or no need
		_ = unix.Close(fd)
	}
}

// makeThreads begins to make all threads that a supervisor needs beside that of the main goroutine, and closes the channel when they are
// there. It is for who has something to do meanwhile, and has put the sandboxes' threads aside, which are used up.
func makeThreads() <-chan struct{} {
	const n = runningThreads - 1 + waitingThreads + spareThreads
	made := make(chan struct{})
	go func() {
		defer close(made)
		var met, gone sync.WaitGroup
		met.Add(n) // all of them first, so that none leaves before the last has come
		for range n {
			gone.Go(func() {
				runtime.LockOSThread() // a goroutine that waits keeps its thread
				met.Done()
				met.Wait()
				runtime.UnlockOSThread()
			})
		}
		gone.Wait() // only then the threads are free for others
	}()
	return made
}
