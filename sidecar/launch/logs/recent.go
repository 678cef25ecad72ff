package logs

import (
	"bytes"
	"sync"
)

// Recent holds the last lines of one process, from both of its outputs. It is safe for concurrent use.
type Recent struct {
	mu      sync.Mutex
	size    int    // bytes that text has at most
	text    []byte // whole lines
	end     int64  // how many bytes there ever were, so text begins at end - len(text)
	changed chan struct{}
}

func newRecent(size int) *Recent { return &Recent{size: size, changed: make(chan struct{})} }

// add keeps one more line, and drops at least a quarter of the oldest where there is no room: each time only a line would cost too much.
func (r *Recent) add(line []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	line = line[:min(len(line), r.size-1)]
	if need := len(r.text) + len(line) + 1 - r.size; need > 0 {
		from := min(len(r.text), max(need, r.size/4))
		if end := bytes.IndexByte(r.text[from-1:], '\n'); end >= 0 {
			from += end
		}
		r.text = append(r.text[:0], r.text[min(from, len(r.text)):]...)
	}
	r.text = append(append(r.text, line...), '\n')
	r.end += int64(len(line)) + 1
	close(r.changed)
	r.changed = make(chan struct{})
}

// Since returns the lines from a position on, as far as they are still there, the position after them, and a channel that is closed when
// there are more. 0 is the position of the first line.
func (r *Recent) Since(position int64) (text []byte, next int64, more <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	from := max(0, int64(len(r.text))-(r.end-position))
	return bytes.Clone(r.text[from:]), r.end, r.changed
}
