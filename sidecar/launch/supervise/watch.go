package supervise

import (
	"context"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/machine"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/memory"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/proc"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// How often sidecars with a memory-policy are measured: soon when one has computed, but with a pause that is as long as somebody who takes
// a gigabyte a second needs for what is left of its share. The kernel doesn't tell of who computes between two of its ticks, again and
// again, nor of a process that has just been started by another: so we look now and then all the same.
const (
	shortestPause = 100 * time.Millisecond
	longestPause  = time.Second
	lookShare     = 20 // a look may take this part of the time at most
	fastest       = plan.G

	firstSilence   = 250 * time.Millisecond // after which we look all the same; it doubles
	longestSilence = time.Second            // up to this
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
		left := w.look()
		pause := pauseAfter(left, time.Since(began))
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

// pauseAfter returns how long not to look after a look that took so long, where nobody can exceed its share within left. A look can be slow
// because others had the processor, who then exceed theirs: so it is no reason to look away for longer than longestPause.
func pauseAfter(left, took time.Duration) time.Duration {
	return min(max(left, shortestPause, lookShare*took), longestPause)
}

// measured is one run of a child that has a memory-policy.
type measured struct {
	proc, run int
	pids      []int // it, and those that it has sent away
	share     plan.Size
	known     plan.Size // what it used when it was last measured
	used      plan.Size
	exceeds   bool // and did not before
}

// look measures all and returns how long nobody can exceed its share.
func (w *memoryWatch) look() time.Duration {
	var all []measured
	w.r.onMain(context.Background(), func() { all = w.running() })
	within, seen, news := longestPause, map[int]bool{}, false
	w.blind = false
	for i := range all {
		m := &all[i]
		w.measure(m, seen)
		if left := m.share - m.used; left > 0 {
			within = min(within, time.Duration(float64(left)/float64(fastest)*float64(time.Second)))
		}
		news = news || m.used != m.known || m.exceeds
	}
	if news {
		w.r.onMain(context.Background(), func() { w.report(all) })
	}
	for pid, timer := range w.timers {
		if !seen[pid] {
			timer.remove()
			delete(w.timers, pid)
		}
	}
	return within
}

// running returns those to be measured. It belongs to the main goroutine, as report does.
func (w *memoryWatch) running() (all []measured) {
	orphans := w.r.orphans()
	for _, i := range w.watched {
		if c := &w.r.children[i]; c.pid != 0 {
			pids := append([]int{c.pid}, w.r.leftAmong(orphans, i)...)
			all = append(all, measured{proc: i, run: w.r.state.View(i).Run, pids: pids, share: c.Memory, known: c.used})
		}
	}
	return all
}

// report has the machine told of those who begin to exceed their shares.
func (w *memoryWatch) report(all []measured) {
	for _, m := range all {
		if w.r.state.View(m.proc).Run != m.run {
			continue
		}
		if m.used > 0 { // one that is about to end has given its memory back
			w.r.children[m.proc].used = m.used
		}
		if m.exceeds {
			w.r.step(machine.Exceeded{At: w.r.now(), Proc: m.proc, Run: m.run, Used: m.used})
		}
	}
}

// measure finds out what one uses, with all below it.
func (w *memoryWatch) measure(m *measured, seen map[int]bool) {
	pids := slices.Concat(m.pids, proc.Below(m.pids[0]))
	for _, p := range pids {
		w.follow(p)
		seen[p] = true
		m.used += plan.Size(wholeMemoryOf(p))
	}
	if m.used > m.share {
		m.used = plan.Size(memoryOfAll(pids))
	}
	switch {
	case m.used <= m.share:
		delete(w.over, m.proc)
	case w.over[m.proc] != m.run:
		w.over[m.proc] = m.run
		m.exceeds = true
	}
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
