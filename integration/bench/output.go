package main

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	direct      = "no supervisor"
	cFloor      = "C floor"
	oursWithApp = ours + ", the app's lines too"
	spewing     = 1000 // milliseconds
)

// writing are the ways to write lines of 100 bytes.
var writing = []struct {
	name string
	size int
}{
	{"writes of 64 KiB", 64 << 10},
	{"a write per line", 100},
}

// logs measures how many bytes of a sidecar's lines come out in a second, while the app is silent.
func (b *bench) logs() ([]table, error) {
	lanes := b.lanes()
	figures := make([]*figure, 0, len(writing))
	for _, w := range writing {
		f := newFigure("a sidecar's log, "+w.name, "%.0f MB/s", cFloor, atLeast(0.95))
		measure(min(b.rounds, 9), lanes, []*figure{f}, func(p peer) ([]float64, error) {
			rate, err := b.rate(p, fmt.Sprintf("spew=%d,%d", w.size, spewing))
			return []float64{rate}, err
		})
		figures = append(figures, f)
	}
	return []table{
		costs("log-costs", ours, figures...),
		costs("log-costs-all-prefixed", oursWithApp, figures...),
		compared("logs", names(lanes), figures...),
	}, nil
}

// lanes are the floors, both ways of ours, and the peers that pass lines on themselves.
func (b *bench) lanes() []peer {
	lanes := []peer{
		{name: direct, start: func(j job) ([]string, files) { return j.sidecars()[0].argv, nil }},
		{name: cFloor, start: func(j job) ([]string, files) {
			return append([]string{"prefix", "sidecar1"}, j.sidecars()[0].argv...), nil
		}},
	}
	for _, p := range b.peers {
		if p.inherits {
			continue
		}
		lanes = append(lanes, p)
		if p.name == ours {
			start := p.start
			p.name = oursWithApp
			p.start = func(j job) ([]string, files) {
				j.prefixed = true
				return start(j)
			}
			lanes = append(lanes, p)
		}
	}
	return lanes
}

// rate is in MB/s.
func (b *bench) rate(p peer, words string) (float64, error) {
	reader, err := newReader(false)
	if err != nil {
		return 0, err
	}
	defer reader.close()
	t, err := b.begin(p, setting{app: []string{"up"}, sidecars: [][]string{{"up", "nap=300", words}}, stdout: reader.end})
	if err != nil {
		return 0, err
	}
	defer t.end()
	if !t.await(30*time.Second, func() bool { return t.done["sidecar1"].what != "" }) {
		return 0, fmt.Errorf("%s: its sidecar can't get rid of its log", p.name)
	}
	last := reader.quiet(300 * time.Millisecond)
	sent := t.done["sidecar1"]
	if last <= sent.at {
		return math.NaN(), nil
	}
	return float64(sent.bytes) / 1e6 / (ms(last-sent.at) / 1e3), nil
}

// reader takes whatever comes through a pipe.
type reader struct {
	end    *os.File // for those who write
	from   *os.File
	closed chan struct{}

	mu   sync.Mutex
	last int64 // when something was last read
	kept *bytes.Buffer
}

// newReader reads from a new pipe. It remembers what it read if that is to be kept.
func newReader(keep bool) (*reader, error) {
	from, end, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	r := &reader{end: end, from: from, closed: make(chan struct{}), last: now()}
	if keep {
		r.kept = &bytes.Buffer{}
	}
	_ = end.Fd() // and so blocking, as those who write expect
	go r.read(int(from.Fd()))
	return r, nil
}

func (r *reader) read(fd int) {
	defer close(r.closed)
	buffer := make([]byte, 256<<10)
	for {
		n, err := unix.Read(fd, buffer)
		if err == unix.EINTR {
			continue
		}
		if n <= 0 {
			return
		}
		r.mu.Lock()
		r.last = now()
		if r.kept != nil {
			r.kept.Write(buffer[:n])
		}
		r.mu.Unlock()
	}
}

// quiet waits until nothing comes for a while from now on, and tells when the last did.
func (r *reader) quiet(while time.Duration) int64 {
	for since := now(); ; {
		r.mu.Lock()
		last := r.last
		r.mu.Unlock()
		left := time.Duration(max(since, last) + while.Nanoseconds() - now())
		if left <= 0 {
			return last
		}
		time.Sleep(left)
	}
}

// text is all that has been read, once nothing has come for a while.
func (r *reader) text() []byte {
	r.quiet(300 * time.Millisecond)
	r.mu.Lock()
	defer r.mu.Unlock()
	return bytes.Clone(r.kept.Bytes())
}

// close is for when all who write have ended.
func (r *reader) close() {
	r.end.Close()
	<-r.closed
	r.from.Close()
}
