package supervise

import (
	"context"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/machine"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/memory"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/proc"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// How often sidecars with a memory-policy are measured: at once when one has computed, but with a pause that is as long as somebody who
// takes a gigabyte a second needs for what is left of its share. One that sleeps isn't measured, and nothing wakes us for it; only a
// process that another has started since, of which we know nothing yet, can go unseen for longer.
const (
	shortestPause = 100 * time.Millisecond
	longestPause  = time.Second
	lookShare     = 20 // a look may take this part of the time at most
	fastest       = plan.G

	firstSilence   = 250 * time.Millisecond // after which we look all the same: who has computed may have started another; it doubles
	longestSilence = time.Minute            // up to this
)

// memoryWatch measures the sidecars that have a memory-policy. It belongs to a goroutine of its own.
type memoryWatch struct {
	r       *Supervisor
	watched []int
	over    map[int]int      // the run of a process that was seen to exceed its share
	timers  map[int]cpuTimer // by PID
	blind   bool             // there is a process that we don't get a timer for
}

// watchMemory measures those who have a policy for it, and tells the machine who begins to exceed its share.
func (r *Supervisor) watchMemory() {
	w := &memoryWatch{r: r, over: map[int]int{}, timers: map[int]cpuTimer{}}
	for i := range r.children {
		if p := r.children[i].MemoryPolicy; p != "" && p != plan.LimitOver {
			w.watched = append(w.watched, i)
		}
	}
	if w.watched == nil {
		return
	}
	moved := make(chan struct{}, 1)
	r.moved = moved
	r.memoryMoved() // by those who have just been started: what they start at once would be seen late otherwise
	go w.run(moved, fullContainer())
}

// memoryMoved has the sidecars measured soon.
func (r *Supervisor) memoryMoved() {
	select {
	case r.moved <- struct{}{}:
	default: // nobody watches, or that has been said
	}
}

func (w *memoryWatch) run(moved <-chan struct{}, full <-chan struct{}) {
	for silence := firstSilence; ; {
		began := time.Now()
		pause := w.look()
		pause = max(pause, lookShare*time.Since(began))
		if w.blind {
			silence = firstSilence
		}
		timer := time.NewTimer(silence)
		select {
		case <-moved:
			silence = firstSilence
			time.Sleep(pause - time.Since(began))
		case <-full:
			silence = firstSilence
			time.Sleep(shortestPause - time.Since(began))
		case <-timer.C:
			silence = min(2*silence, longestSilence)
		}
		timer.Stop()
	}
}

// look measures all and returns how long nobody can exceed its share.
func (w *memoryWatch) look() time.Duration {
	pause, seen := longestPause, map[int]bool{}
	w.blind = false
	for _, i := range w.watched {
		if left := w.measure(i, seen); left > 0 {
			pause = min(pause, time.Duration(float64(left)/float64(fastest)*float64(time.Second)))
		}
	}
	for pid, timer := range w.timers {
		if !seen[pid] {
			timer.remove()
			delete(w.timers, pid)
		}
	}
	return max(pause, shortestPause)
}

// measure returns what child i has left of its share; nothing where it doesn't run.
func (w *memoryWatch) measure(i int, seen map[int]bool) (left plan.Size) {
	r := w.r
	var pid, run int
	var all []int
	r.onMain(context.Background(), func() {
		pid, run = r.children[i].pid, r.state.View(i).Run
		if pid != 0 {
			all = r.leftBy(i) // those too that it has sent away
		}
	})
	if pid == 0 {
		return 0
	}
	all = append(append(all, pid), proc.Below(pid)...)
	share := r.children[i].Memory
	var used plan.Size
	for _, p := range all {
		w.follow(p)
		seen[p] = true
		used += plan.Size(wholeMemoryOf(p))
	}
	if used > share {
		used = plan.Size(memoryOfAll(all))
	}
	if used > 0 { // one that is about to end has given its memory back
		r.onMain(context.Background(), func() { r.children[i].used = used })
	}
	switch {
	case used <= share:
		delete(w.over, i)
	case w.over[i] != run:
		w.over[i] = run
		r.onMain(context.Background(), func() { r.step(machine.Exceeded{At: r.now(), Proc: i, Run: run, Used: used}) })
	}
	return share - used
}

// follow has a process's next computing heard of.
func (w *memoryWatch) follow(pid int) {
	timer, known := w.timers[pid]
	if known && timer.start() {
		return
	}
	if known { // its PID is another's now
		timer.remove()
		delete(w.timers, pid)
	}
	if timer, ok := newCPUTimer(pid); ok {
		w.timers[pid] = timer
		timer.start()
		return
	}
	w.blind = true
}

// fullContainer returns a channel on which is said that the container has reached its limit, where the kernel tells: in version 2.
func fullContainer() <-chan struct{} {
	full := make(chan struct{}, 1)
	file := memory.EventsFile("")
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	if file == "" || err != nil {
		return full
	}
	events := os.NewFile(uintptr(fd), "inotify")
	if _, err := unix.InotifyAddWatch(fd, file, unix.IN_MODIFY); err != nil {
		_ = events.Close()
		return full
	}
	go func() {
		buffer := make([]byte, 4096)
		for {
			if _, err := events.Read(buffer); err != nil {
				return
			}
			select {
			case full <- struct{}{}:
			default:
			}
		}
	}()
	return full
}
