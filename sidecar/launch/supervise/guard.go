package supervise

import (
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/proc"
)

const (
	// guardDelay is what a stop may take beyond its budget: twice this, so that a stop that was frozen (docker pause) can end by itself.
	guardDelay = 450 * time.Millisecond
	// forkPatience is how long a child may take from fork to exec before somebody looks after it.
	forkPatience = 100 * time.Millisecond
)

// guard ends the supervisor, and all below it, when a stop takes longer than its budget. It needs the main goroutine for nothing, and so
// keeps the budget whatever holds that one.
type guard struct {
	code atomic.Int64 // see decide

	mu    sync.Mutex
	timer *time.Timer
	at    time.Time // when timer expires
}

// decide makes code the supervisor's exit code, unless another was decided before, and returns the one that it is. What is said of the
// exit code has to come after it.
func (g *guard) decide(code int) int {
	const decided = 1 << 32 // since 0 is a code too
	g.code.CompareAndSwap(0, decided|int64(code))
	return int(g.code.Load() &^ decided)
}

// armGuard has all ended once left and twice guardDelay are over, or earlier where that was asked for before.
func (r *Supervisor) armGuard(left time.Duration) {
	g := &r.guard
	g.mu.Lock()
	defer g.mu.Unlock()
	at := time.Now().Add(left + guardDelay)
	if g.timer != nil && (!at.Before(g.at) || !g.timer.Stop()) {
		return
	}
	g.at = at
	g.timer = time.AfterFunc(left+guardDelay, func() { time.AfterFunc(guardDelay, r.endAll) })
}

// endAll kills all that is left and exits. The main goroutine may hang, so that nothing of its own is touched here.
func (r *Supervisor) endAll() {
	r.logs.Say("the stop has taken longer than its budget of " + r.launch.Budget.String() + "; killing all that is left")
	killAllBelow(time.Now().Add(guardDelay))
	r.logs.Drain(leastDrain)
	os.Exit(r.guard.decide(128 + int(unix.SIGKILL)))
}

// killAllBelow kills all below us until nobody is left alive, or the deadline comes. Whoever ends while we look hands its children on to
// us, whose list we have read by then: so nobody is left only if we twice find nobody new.
func killAllBelow(deadline time.Time) {
	known := map[int]bool{}
	for quiet := 0; quiet < 2 && time.Now().Before(deadline); quiet++ {
		killBelow(func(pid int) {
			if !known[pid] || !proc.IsZombie(pid) {
				known[pid], quiet = true, -1
			}
		})
		if quiet < 0 {
			time.Sleep(time.Millisecond)
		}
	}
}

// killBelow kills every process below us, and calls killed after each. Those that fork and end can only be caught by who is quicker. As PID
// 1 we kill all at once: whatever is still dying dies with us.
func killBelow(killed func(pid int)) {
	if os.Getpid() == 1 {
		_ = unix.Kill(-1, unix.SIGKILL)
		return
	}
	proc.EachBelow(os.Getpid(), func(pid int) {
		_ = unix.Kill(pid, unix.SIGKILL)
		killed(pid)
	})
}

// tendFork continues children that are stopped between fork and exec, until the returned func is called. We would wait for them in
// vfork(2), whoever stopped them.
func tendFork() (done func()) {
	var over atomic.Bool
	var look func()
	look = func() {
		if !over.Load() {
			continueUnborn()
			time.AfterFunc(forkPatience, look)
		}
	}
	timer := time.AfterFunc(forkPatience, look)
	return func() {
		over.Store(true)
		timer.Stop()
	}
}

// continueUnborn continues the stopped children that still run our own program.
func continueUnborn() {
	own, err := os.Stat("/proc/self/exe")
	if err != nil {
		return
	}
	for _, pid := range proc.Children(os.Getpid()) {
		theirs, err := os.Stat(filepath.Join(proc.Dir(pid), "exe"))
		if err == nil && os.SameFile(own, theirs) {
			_ = unix.Kill(pid, unix.SIGCONT)
		}
	}
}
