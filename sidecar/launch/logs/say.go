package logs

import (
	"strconv"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

const (
	maxSaid = 1 << 20      // bytes that may wait to be written
	ownName = "supervisor" // whose lines our own messages are
)

// says are the supervisor's own messages on their way to standard error.
type says struct {
	waiting  []byte // whole lines
	writing  int    // bytes taken out of waiting and not written yet
	dropped  int    // messages since the last that found room
	speaking bool   // a goroutine is at it
}

// Say writes a message to standard error, as a line of its own under our own name and after all earlier ones. What a terminal would not
// print of it is escaped. It never blocks: when 1 MiB waits because nobody reads, further messages are dropped, and their number is told
// later.
func (l *Logs) Say(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := &l.says
	if l.own == plan.JSON {
		line = strings.ReplaceAll(line, "\n", " ") // the format escapes the rest
	} else {
		line = Printable(line)
	}
	if s.dropped > 0 || len(s.waiting)+s.writing+len(line) >= maxSaid {
		s.dropped++
		return
	}
	if !s.speaking && l.sayAtOnce(line) {
		return
	}
	s.waiting = append(append(s.waiting, line...), '\n')
	if !s.speaking {
		s.speaking = true
		l.begin()
		go l.speak()
	}
}

// sayAtOnce writes a message where nobody has to be waited for, and reports whether it did: to have another thread write it takes longer
// than all else that there is to do before the supervisor ends.
func (l *Logs) sayAtOnce(line string) bool {
	if !l.stderr.mu.TryLock() {
		return false
	}
	defer l.stderr.mu.Unlock()
	form := l.ownFormat()
	form.begin()
	whole := []byte(line)
	return form.cut(whole) == len(whole) && l.stderr.tryWrite(form.append(nil, whole, false))
}

func (l *Logs) ownFormat() format { return newFormat(l.own, ownName, "stderr", l.stderr.atomic()) }

// speak writes what was said until there is no more.
func (l *Logs) speak() {
	defer l.end()
	own := lines{to: l.stderr, as: l.ownFormat()}
	for text := l.nextSaid(); len(text) > 0; text = l.nextSaid() {
		own.pass(text)
	}
}

// nextSaid takes what waits, now that what it returned before is written.
func (l *Logs) nextSaid() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := &l.says
	text := s.waiting
	if s.dropped > 0 {
		text = append(text, "messages dropped while standard error was not read: "+strconv.Itoa(s.dropped)+"\n"...)
	}
	*s = says{writing: len(text), speaking: len(text) > 0}
	return text
}
