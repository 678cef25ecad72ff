package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

const (
	settling = 200 * time.Millisecond // after which what has just come up is at rest
	patience = 15 * time.Second       // with whatever has been asked to end
	watched  = 10 * time.Second       // how long an idle supervisor's wake-ups are counted

	manySidecars = 100 // from which on those that are slow are not waited for
)

// lives measures what a supervisor costs from its start to its end.
func (b *bench) lives() ([]table, error) {
	figures := make([]*figure, 0, 12)
	for _, n := range []int{1, 10, 200} {
		figures = append(figures, b.startAndStop(n)...)
	}
	figures = append(figures, b.crash(), b.memory(1), b.memory(10), b.wakeUps(), b.size())
	b.chart = chart(names(b.peers), figures[0], figures[1], figures[6], figures[7])
	all := costs("costs", ours, append(figures, b.wakeUpsWithPolicy(), b.ps())...)
	return []table{all, compared("peers", names(b.peers), figures...)}, nil
}

// startAndStop measures from the supervisor's execution to the app's first instruction, and from the stop signal until all are gone.
func (b *bench) startAndStop(sidecars int) []*figure {
	start := newFigure(fmt.Sprintf("start, %s", count(sidecars)), "%.1f ms", floor, atMost(1.1))
	stop := newFigure(fmt.Sprintf("SIGTERM to all gone, %s", count(sidecars)), "%.1f ms", floor, atMost(1.25))
	figures := []*figure{start, stop}
	able := b.peers
	if sidecars > manySidecars {
		able = b.quick()
	}
	measure(b.rounds, able, figures, func(p peer) ([]float64, error) {
		t, err := b.started(p, idle(sidecars))
		if err != nil {
			return nil, err
		}
		defer t.end()
		time.Sleep(settling)
		asked := now()
		_ = unix.Kill(t.pid(), p.stopSignal())
		return []float64{ms(t.up["app"].at - t.begun), t.allGone(asked)}, nil
	})
	return figures
}

// allGone waits for the end of the supervisor and its children: milliseconds from since on; NaN where some are left or it takes too long.
func (t *trial) allGone(since int64) float64 {
	supervisor, ok := t.ended()
	children, okToo := t.gone(settling)
	if !ok || !okToo {
		return math.NaN()
	}
	return ms(max(supervisor, children) - since)
}

// crash measures from the end of a sidecar to that of the supervisor.
func (b *bench) crash() *figure {
	f := newFigure("kill -9 of a sidecar to exit", "%.1f ms", floor, atMost(1.3))
	measure(b.rounds, b.sharingFate(), []*figure{f}, func(p peer) ([]float64, error) {
		s := idle(1)
		s.oneFate = true
		t, err := b.started(p, s)
		if err != nil {
			return nil, err
		}
		defer t.end()
		time.Sleep(p.breath())
		killed := now()
		_ = unix.Kill(t.up["sidecar1"].pid, unix.SIGKILL)
		at, ok := t.ended()
		if !ok {
			return nil, fmt.Errorf("%s goes on without its sidecar", p.name)
		}
		return []float64{ms(at - killed)}, nil
	})
	return f
}

// breath is how long a child must live to count as started.
func (p peer) breath() time.Duration {
	if p.slow {
		return 1300 * time.Millisecond
	}
	return settling
}

// whileAllStart is the word for a child that waits until the others have started too, however busy the machine is.
func (p peer) whileAllStart() string {
	return fmt.Sprintf("nap=%d", (p.breath() + 500*time.Millisecond).Milliseconds())
}

// sharingFate are the peers that can end with one of their children.
func (b *bench) sharingFate() (able []peer) {
	for _, p := range b.peers {
		if !p.forgives {
			able = append(able, p)
		}
	}
	return able
}

// quick are the peers that take no seconds to start.
func (b *bench) quick() (able []peer) {
	for _, p := range b.peers {
		if !p.slow {
			able = append(able, p)
		}
	}
	return able
}

// memory measures the supervisor's own share of memory (Pss in proc(5), which counts what several use in parts) while all is idle.
func (b *bench) memory(sidecars int) *figure {
	f := newFigure("idle memory, "+count(sidecars), "%.0f KiB", floor, atMost(1.5))
	measure(min(b.rounds, 5), b.peers, []*figure{f}, func(p peer) ([]float64, error) {
		t, err := b.started(p, idle(sidecars))
		if err != nil {
			return nil, err
		}
		defer t.end()
		time.Sleep(time.Second)
		return []float64{sum(t.own(), "smaps_rollup", "Pss")}, nil
	})
	return f
}

// wakeUps counts those of idle supervisors.
func (b *bench) wakeUps() *figure {
	f := newFigure("wake-ups in 10 s", "%.0f", "", atMost(0))
	b.countWakeUps(f, b.peers, idle(1))
	return f
}

// wakeUpsWithPolicy counts ours where a sidecar's memory is watched.
func (b *bench) wakeUpsWithPolicy() *figure {
	f := newFigure("wake-ups in 10 s, with a memory-policy", "%.0f", "", atMost(0))
	s := idle(1)
	s.watched = true
	b.countWakeUps(f, b.own(), s)
	return f
}

// own is our own alone.
func (b *bench) own() []peer {
	return b.peers[slices.IndexFunc(b.peers, func(p peer) bool { return p.name == ours }):][:1]
}

// ps measures how long it takes to be told what runs.
func (b *bench) ps() *figure {
	f := newFigure("`supervisor ps`", "%.1f ms", "", atMost(5))
	measure(b.rounds, b.own(), []*figure{f}, func(p peer) ([]float64, error) {
		t, err := b.started(p, idle(1))
		if err != nil {
			return nil, err
		}
		defer t.end()
		time.Sleep(settling)
		begun := now()
		text, err := exec.Command(p.programs[0], "ps", "--pid", strconv.Itoa(t.pid())).CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("ps: %w: %s", err, text)
		}
		return []float64{ms(now() - begun)}, nil
	})
	return f
}

// countWakeUps counts how often the threads of idle supervisors go to sleep again. All are watched at the same time.
func (b *bench) countWakeUps(f *figure, peers []peer, s setting) {
	var trials []*trial
	defer func() {
		for _, t := range trials {
			t.end()
		}
	}()
	for _, p := range peers {
		t, err := b.started(p, s)
		if err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			continue
		}
		trials = append(trials, t)
	}
	time.Sleep(2 * time.Second)
	before := map[string]float64{}
	for _, t := range trials {
		before[t.peer.name] = switches(t.own())
	}
	time.Sleep(watched)
	for _, t := range trials {
		f.add(t.peer.name, switches(t.own())-before[t.peer.name])
	}
}

// size is that of the programs on disk.
func (b *bench) size() *figure {
	f := newFigure("programs", "%.0f KB", "", atMost(3300))
	for _, p := range b.peers {
		total, err := programSize(p.programs)
		if err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			continue
		}
		f.add(p.name, float64(total)/1000)
	}
	return f
}

func programSize(programs []string) (total int64, err error) {
	for _, program := range programs {
		path, err := exec.LookPath(program)
		if err != nil {
			return 0, err
		}
		info, err := os.Stat(path)
		if err != nil {
			return 0, err
		}
		if !info.Mode().IsRegular() {
			return 0, errors.New(filepath.Base(path) + " is no file")
		}
		total += info.Size()
	}
	return total, nil
}

func count(sidecars int) string {
	if sidecars == 1 {
		return "1 sidecar"
	}
	return fmt.Sprintf("%d sidecars", sidecars)
}

func ms(nanoseconds int64) float64 { return float64(nanoseconds) / 1e6 }
