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
func (l *Logs) Say(line string) { l.say(l.oneLine(line)) }

// SayLast is Say for who has nothing else to do than to wait for that. It writes by itself where the output takes the message at once: to
// have another thread do it takes longer than all else that there is to do before the supervisor ends. It may wait where somebody else who
// has the pipe open hangs while the kernel looks into his memory.
func (l *Logs) SayLast(line string) {
	if line = l.oneLine(line); !l.sayAtOnce(line) {
		l.say(line)
	}
}

func (l *Logs) oneLine(text string) string {
	if l.own == plan.JSON {
		return strings.ReplaceAll(text, "\n", " ") // the format escapes the rest
	}
	return Printable(text)
}

func (l *Logs) say(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := &l.says
	if s.dropped > 0 || s.speaking && len(s.waiting)+s.writing+len(line) >= maxSaid {
		s.dropped++
		return
	}
	s.waiting = append(append(s.waiting, line...), '\n')
	if !s.speaking {
		s.speaking = true
		l.begin()
		go l.speak()
	}
}

// sayAtOnce writes a message where all earlier ones are written and the output takes it at once, and reports whether it did.
func (l *Logs) sayAtOnce(line string) bool {
	l.mu.Lock()
	speaking := l.says.speaking
	l.mu.Unlock()
	if speaking || !l.stderr.mu.TryLock() {
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
