package logs

import "bytes"

// lines cuts bytes into lines and writes them in a format. Methods whose comment says so need the output's lock held.
type lines struct {
	to   output
	as   format
	past *Recent // nil: none is kept
	tail []byte  // the beginning of a line whose end is yet to come; at most maxLine
}

// pass writes all whole lines of data.
func (l *lines) pass(data []byte) {
	l.to.mu.Lock()
	defer l.to.mu.Unlock()
	l.feed(data)
	l.flush()
}

// show writes the beginning of a line whose end keeps us waiting. What follows becomes a line of its own.
func (l *lines) show() {
	l.to.mu.Lock()
	defer l.to.mu.Unlock()
	l.as.begin()
	for rest := l.tail; len(rest) > 0; {
		n := l.as.cut(rest)
		l.emit(rest[:n], true)
		rest = rest[n:]
	}
	l.tail = l.tail[:0]
	l.flush()
}

// finish writes a last line that ended without a newline.
func (l *lines) finish() {
	if len(l.tail) > 0 {
		l.pass([]byte{'\n'})
	}
	l.tail = nil
}

// release gives back memory that an exceptionally long line took.
func (l *lines) release() {
	if len(l.tail) == 0 && cap(l.tail) > pipeBuf {
		l.tail = nil
	}
}

// feed puts the lines of data into the output's buffer, which it writes when full, and keeps the unfinished last one. It needs
// the lock.
func (l *lines) feed(data []byte) {
	l.as.begin()
	for {
		end := bytes.IndexByte(data, '\n')
		if end < 0 {
			break
		}
		line := data[:end]
		if len(l.tail) > 0 {
			line = append(l.tail, line...)
			l.tail = line[:0]
		}
		l.put(line)
		data = data[end+1:]
	}
	l.keep(data)
}

// put passes on a whole line, in parts where it is too long.
func (l *lines) put(line []byte) {
	for {
		n := l.as.cut(line)
		l.emit(line[:n], n < len(line))
		if line = line[n:]; len(line) == 0 {
			return
		}
	}
}

// keep adds to the tail and passes on, in parts, what becomes too much of it.
func (l *lines) keep(data []byte) {
	l.tail = append(l.tail, data...)
	rest := l.tail
	for len(rest) > maxLine {
		n := l.as.cut(rest)
		l.emit(rest[:n], true)
		rest = rest[n:]
	}
	if len(rest) < len(l.tail) {
		l.tail = append(l.tail[:0], rest...)
	}
}

func (l *lines) emit(line []byte, partial bool) {
	d := l.to.destination
	start := len(d.out)
	d.out = l.as.append(d.out, line, partial)
	if l.past != nil {
		l.past.add(line)
	}
	if start > 0 && len(d.out) > d.limit {
		l.to.write(d.out[:start])
		d.out = append(d.out[:0], d.out[start:]...)
	}
}

// flush writes what is in the output's buffer. It needs the lock.
func (l *lines) flush() {
	l.to.write(l.to.out)
	l.to.out = l.to.out[:0]
}
