package promises_test

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// stage is a socket that puppets come to when they are up; see child.
type stage struct {
	t       *testing.T
	address string

	mu       sync.Mutex
	arrivals map[string]chan *puppet
}

var stages atomic.Int64

// openStage opens one with an abstract name, which those in other roots and PID namespaces find too.
func openStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, address: fmt.Sprintf("@promises/%d/%d", os.Getpid(), stages.Add(1)), arrivals: map[string]chan *puppet{}}
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: s.address, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	var conns []*net.UnixConn
	done := make(chan struct{})
	t.Cleanup(func() {
		listener.Close()
		<-done
		for _, conn := range conns {
			conn.Close() // and puppets that are left end
		}
	})
	go func() {
		defer close(done)
		for {
			conn, err := listener.AcceptUnix()
			if err != nil {
				return
			}
			conns = append(conns, conn)
			go s.welcome(conn)
		}
	}()
	return s
}

// welcome listens to one puppet until it is gone.
func (s *stage) welcome(conn *net.UnixConn) {
	p := &puppet{t: s.t, conn: conn, answers: make(chan message), happened: make(chan message, 1000), gone: make(chan struct{})}
	defer close(p.gone)
	decoder := json.NewDecoder(conn)
	for {
		var m message
		if err := decoder.Decode(&m); err != nil {
			return
		}
		switch {
		case m.Name != "":
			p.name, p.facts, p.pid = m.Name, m.Facts, pidOf(conn)
			s.arrival(p.name) <- p
		case m.Event != "":
			p.happened <- m
		default:
			p.answers <- m
		}
	}
}

func (s *stage) arrival(name string) chan *puppet {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.arrivals[name] == nil {
		s.arrivals[name] = make(chan *puppet, 1000)
	}
	return s.arrivals[name]
}

// pidOf is a connection's peer, as this PID namespace has it.
func pidOf(conn *net.UnixConn) int {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0
	}
	pid := 0
	_ = raw.Control(func(fd uintptr) {
		if peer, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
			pid = int(peer.Pid)
		}
	})
	return pid
}

// enters awaits the next puppet of a name.
func (s *stage) enters(name string) *puppet {
	s.t.Helper()
	select {
	case p := <-s.arrival(name):
		return p
	case <-time.After(patience):
		s.t.Fatalf("%s has not been started", name)
		return nil
	}
}

// entered tells whether one has come that was not awaited yet.
func (s *stage) entered(name string) bool { return len(s.arrival(name)) > 0 }

// message is what a puppet says.
type message struct {
	Name, Event, Answer, Error string
	Facts                      facts
	At                         int64
}

// facts are what a puppet sees of how it was started.
type facts struct {
	Dir            string
	Args, Env      []string
	Files          map[string]string
	Group, Session int
	Mask           int
}

// puppet is a process that does what a test says.
type puppet struct {
	t        *testing.T
	name     string
	pid      int
	facts    facts
	conn     *net.UnixConn
	answers  chan message
	happened chan message
	gone     chan struct{}
}

// tell says what to do, for what has no answer.
func (p *puppet) tell(words ...string) {
	p.t.Helper()
	if err := json.NewEncoder(p.conn).Encode(words); err != nil {
		p.t.Fatalf("telling %s to %v: %v", p.name, words, err)
	}
}

// do says what to do and gives the answer.
func (p *puppet) do(words ...string) string {
	p.t.Helper()
	answer, err := p.try(words...)
	if err != "" {
		p.t.Fatalf("%s can't %v: %s\n%s", p.name, words, err, answer)
	}
	return answer
}

// try is do for what may fail.
func (p *puppet) try(words ...string) (answer, err string) {
	p.t.Helper()
	p.tell(words...)
	select {
	case m := <-p.answers:
		return m.Answer, m.Error
	case <-p.gone:
		p.t.Fatalf("%s has ended instead of doing %v", p.name, words)
	case <-time.After(patience):
		p.t.Fatalf("%s has not done %v", p.name, words)
	}
	return "", ""
}

// hears awaits the next signal, which has to be this one, and gives the time when it came.
func (p *puppet) hears(signal string) int64 {
	p.t.Helper()
	select {
	case m := <-p.happened:
		if m.Event != signal {
			p.t.Fatalf("%s has heard %s, not %s", p.name, m.Event, signal)
		}
		return m.At
	case <-time.After(patience):
		p.t.Fatalf("%s has not heard %s", p.name, signal)
		return 0
	}
}

// ends awaits its end.
func (p *puppet) ends() {
	p.t.Helper()
	select {
	case <-p.gone:
	case <-time.After(patience):
		p.t.Fatalf("%s has not ended", p.name)
	}
}

// kill sends it a signal from outside.
func (p *puppet) kill(sig unix.Signal) {
	p.t.Helper()
	if err := unix.Kill(p.pid, sig); err != nil {
		p.t.Fatalf("%v to %s: %v", sig, p.name, err)
	}
}

// state is the letter of proc(5), or empty where the PID is nobody's.
func state(pid int) string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	return strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))[0]
}
