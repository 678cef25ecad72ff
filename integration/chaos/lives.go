package main

import (
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// life is one run of a child, or of a daemon that one left behind.
type life struct {
	name   string // a daemon's ends in "-daemon"
	pid    int    // as we have it
	own    string // the PID as its lines have it, which is another in a PID namespace
	events []event
	end    int64 // when we found that it had ended, which may be late; 0: it has not
}

// event is what a child has said of itself, at a time of its own.
type event struct {
	at     int64
	kind   string
	detail int
}

// now is the clock that children use too, in nanoseconds.
func now() int64 {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &t)
	return t.Nano()
}

// find returns the first event of a kind, and whether there was one.
func (l *life) find(kind string) (event, bool) {
	i := slices.IndexFunc(l.events, func(e event) bool { return e.kind == kind })
	if i < 0 {
		return event{}, false
	}
	return l.events[i], true
}

// unheard reports whether it was ended before it could tell of its first instruction.
func (l *life) unheard() bool {
	_, told := l.find("start")
	return !told
}

// begun is when it ran its first instruction.
func (l *life) begun() int64 {
	start, _ := l.find("start")
	return start.at
}

// status is what it ended with by its own account, if it gave one.
func (l *life) status() (status int, at int64, own bool) {
	for _, e := range l.events {
		if e.kind == "exit" || e.kind == "term" && e.detail >= 0 {
			status, at, own = e.detail, e.at, true
		}
	}
	return status, at, own
}

// stage is a socket that children come to.
type stage struct {
	listener *net.UnixListener
	mu       sync.Mutex
	lives    []*life
	hearing  sync.WaitGroup
	all      chan struct{} // closed when the last has come
}

func openStage(dir string) (*stage, error) {
	listener, err := net.ListenUnix("unixpacket", &net.UnixAddr{Name: filepath.Join(dir, "socket"), Net: "unixpacket"})
	if err != nil {
		return nil, err
	}
	s := &stage{listener: listener, all: make(chan struct{})}
	s.hearing.Go(func() {
		for {
			conn, err := listener.AcceptUnix()
			if err != nil {
				return
			}
			s.hearing.Go(func() { s.hear(conn) })
		}
	})
	return s, nil
}

// hear follows a child to its end.
func (s *stage) hear(conn *net.UnixConn) {
	defer conn.Close()
	l := &life{pid: peer(conn)}
	buffer := make([]byte, 300)
	for {
		n, err := conn.Read(buffer)
		s.mu.Lock()
		if err != nil || n == 0 {
			l.end = now()
			s.mu.Unlock()
			return
		}
		switch fields := strings.Fields(string(buffer[:n])); fields[0] {
		case "last":
			close(s.all)
			s.mu.Unlock()
			return
		case "hello":
			l.name, l.own = fields[1], fields[2]
			s.lives = append(s.lives, l)
		default:
			at, _ := strconv.ParseInt(fields[1], 10, 64)
			detail, _ := strconv.Atoi(fields[2])
			l.events = append(l.events, event{at, fields[0], detail})
		}
		s.mu.Unlock()
	}
}

func peer(conn *net.UnixConn) (pid int) {
	if raw, err := conn.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) {
			if credentials, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
				pid = int(credentials.Pid)
			}
		})
	}
	return pid
}

// close returns all lives, in the order of their beginnings. It is for when nobody is left.
func (s *stage) close() []*life {
	if last, err := net.DialUnix("unixpacket", nil, s.listener.Addr().(*net.UnixAddr)); err == nil {
		defer last.Close()
		_, _ = last.Write([]byte("last"))
		<-s.all // those before it have been accepted
	}
	s.listener.Close()
	s.hearing.Wait()
	slices.SortFunc(s.lives, func(a, b *life) int { return int(a.begun() - b.begun()) })
	return s.lives
}

// livesOf are the runs of a process, in order.
func (t *trial) livesOf(name string) (lives []*life) {
	for _, l := range t.lives {
		if l.name == name {
			lives = append(lives, l)
		}
	}
	return lives
}

// history tells what happened, in milliseconds since the start.
func (t *trial) history() string {
	type entry struct {
		at   int64
		text string
	}
	entries := []entry{{t.stopAsked, "SIGTERM to the supervisor"}, {t.ended, "the supervisor has ended"}}
	for _, l := range t.lives {
		for _, e := range l.events {
			entries = append(entries, entry{e.at, fmt.Sprintf("%s (%d): %s %d", l.name, l.pid, e.kind, e.detail)})
		}
		entries = append(entries, entry{l.end, fmt.Sprintf("%s (%d) has ended", l.name, l.pid)})
	}
	for _, f := range t.faults {
		entries = append(entries, entry{f.at, fmt.Sprintf("%s to %d", unix.SignalName(f.signal), f.pid)})
	}
	slices.SortFunc(entries, func(a, b entry) int { return int(a.at - b.at) })
	var text strings.Builder
	for _, e := range entries {
		if e.at > 0 {
			fmt.Fprintf(&text, "%6.0f ms %s\n", float64(e.at-t.began)/1e6, e.text)
		}
	}
	return text.String()
}
