package main

import (
	"bufio"
	"net"
	"strings"
	"sync"
	"time"
)

// answers is a server that probes ask. The path says how it answers: /ok/…, /fail, /mute, /drip, /reset.
type answers struct {
	port  int
	mu    sync.Mutex
	first map[string]int64 // by path of /ok/…: when it was first asked for, by now's clock
}

func listenAnswers() (*answers, error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	a := &answers{port: listener.Addr().(*net.TCPAddr).Port, first: map[string]int64{}}
	go func() {
		for {
			if conn, err := listener.Accept(); err == nil {
				go a.answer(conn.(*net.TCPConn))
			}
		}
	}()
	return a, nil
}

func (a *answers) answer(conn *net.TCPConn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	reader := bufio.NewReader(conn)
	line, err := reader.ReadString('\n')
	words := strings.Fields(line)
	if err != nil || len(words) < 2 {
		return
	}
	switch path := words[1]; {
	case strings.HasPrefix(path, "/ok/"):
		a.mu.Lock()
		if a.first[path] == 0 {
			a.first[path] = now()
		}
		a.mu.Unlock()
		_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
		_, _ = reader.WriteTo(discard{}) // until the other end is closed, so that nothing is reset
	case path == "/fail":
		_, _ = conn.Write([]byte("HTTP/1.1 500 no\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
		_, _ = reader.WriteTo(discard{})
	case path == "/drip":
		for _, err := conn.Write([]byte("HTTP/1.1 200 ")); err == nil; _, err = conn.Write([]byte("x")) {
			time.Sleep(20 * time.Millisecond)
		}
	case path == "/reset":
		_ = conn.SetLinger(0)
	default: // mute
		_, _ = reader.WriteTo(discard{})
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// asked is when a path was first asked for; 0 where it was not.
func (a *answers) asked(path string) int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.first[path]
}
