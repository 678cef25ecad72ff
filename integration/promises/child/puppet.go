package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Message is one line to the test, as JSON. It tells a Name, an Event, or an Answer or Error.
type Message struct {
	Name   string // the first of all: the puppet is up
	Facts  Facts  // beside it
	Event  string // it got a signal
	At     int64  // when, in nanoseconds of CLOCK_MONOTONIC
	Answer string // to a command that is done
	Error  string // of one that could not be
}

// puppet is this process on the test's strings.
type puppet struct {
	address string
	conn    *net.UnixConn

	mu      sync.Mutex // guards all below, and writing
	encoder *json.Encoder
	holds   bool // it outlives the signals that would end it
	leaves  int  // the status that it ends with on SIGTERM; 0: it dies of it
}

// perform does what the test says, one command a line, until the test goes away.
func perform(address, name string) error {
	facts := observe()
	signals := make(chan os.Signal, 256)
	signal.Notify(signals)
	conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: address, Net: "unix"})
	if err != nil {
		return err
	}
	p := &puppet{address: address, conn: conn, encoder: json.NewEncoder(conn)}
	p.say(Message{Name: name, Facts: facts})
	go p.hear(signals)
	for decoder := json.NewDecoder(conn); ; {
		var words []string
		if err := decoder.Decode(&words); err != nil {
			return nil
		}
		answer, err := p.do(words[0], words[1:])
		m := Message{Answer: answer}
		if err != nil {
			m.Error = err.Error()
		}
		p.say(m)
	}
}

func (p *puppet) say(m Message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.encoder.Encode(m)
}

// hear reports each signal and then does what a process that knows nothing of it would do, for those that ask to end.
func (p *puppet) hear(signals <-chan os.Signal) {
	for s := range signals {
		sig := s.(syscall.Signal)
		if sig == unix.SIGURG || sig == unix.SIGCHLD {
			continue // Go's own, and of children
		}
		p.say(Message{Event: signalName(sig), At: now()})
		p.mu.Lock()
		holds, leaves := p.holds, p.leaves
		p.mu.Unlock()
		if sig == unix.SIGTERM && leaves != 0 {
			os.Exit(leaves)
		}
		if !holds && (sig == unix.SIGTERM || sig == unix.SIGINT || sig == unix.SIGHUP || sig == unix.SIGQUIT) {
			die(sig)
		}
	}
}

func signalName(sig syscall.Signal) string {
	if name := unix.SignalName(sig); name != "" {
		return name
	}
	return "SIG" + strconv.Itoa(int(sig))
}

func now() int64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
	return ts.Nano()
}

// do carries out one command.
func (p *puppet) do(verb string, args []string) (string, error) {
	commands := map[string]struct {
		arguments int
		do        func(args []string) (string, error)
	}{
		"ping":    {0, func([]string) (string, error) { return "pong", nil }},
		"pid":     {0, func([]string) (string, error) { return strconv.Itoa(os.Getpid()), nil }},
		"endure":  {0, p.endure},
		"leave":   {1, p.leave},
		"exit":    {1, func(args []string) (string, error) { return "", command([]string{"exit", args[0]}) }},
		"die":     {1, dieOf},
		"default": {1, byDefault},
		"ignore":  {1, ignore},
		"start":   {2, p.start},
		"fork":    {1, p.fork},
		"run":     {2, run},
		"read":    {0, read},
		"write":   {2, write},
		"count":   {3, count},
		"crash":   {2, crash},
		"flood":   {0, flood},
		"notify":  {1, notify},
		"size":    {0, size},
		"hold":    {1, hold},
		"stop":    {1, stop},
		"bury":    {1, bury},
		"pose":    {0, pose},
		"cling":   {0, cling},
	}
	c, known := commands[verb]
	if !known || len(args) < c.arguments {
		return "", fmt.Errorf("can't do %q with %q", verb, args)
	}
	return c.do(args)
}

func (p *puppet) endure([]string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.holds = true
	return "", nil
}

// leave has it end with STATUS when SIGTERM comes.
func (p *puppet) leave(args []string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	status, err := strconv.Atoi(args[0])
	p.leaves = status
	return "", err
}

func dieOf(args []string) (string, error) {
	sig := unix.SignalNum(args[0])
	if sig == 0 {
		return "", errors.New("no signal: " + args[0])
	}
	die(sig)
	return "", nil
}

// die ends this process by a signal, past Go's handlers.
func die(sig syscall.Signal) {
	_ = handleByDefault(sig)
	_ = unix.Kill(os.Getpid(), sig)
	select {}
}

func byDefault(args []string) (string, error) { return "", handleByDefault(unix.SignalNum(args[0])) }

// handleByDefault takes a signal away from Go, which would make an error of its own of some.
func handleByDefault(sig syscall.Signal) error {
	if sig == unix.SIGKILL {
		return nil
	}
	var action [4]uint64 // the kernel's struct sigaction: SIG_DFL, no flags, no restorer, an empty mask
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(&action)), 0, 8, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// ignore is inherited by children.
func ignore(args []string) (string, error) {
	signal.Ignore(unix.SignalNum(args[0]))
	return "", nil
}

// notify says TEXT as sd_notify(3) does, or to another ADDRESS; it answers with where.
func notify(args []string) (string, error) {
	address := os.Getenv("NOTIFY_SOCKET")
	if len(args) > 1 {
		address = args[1]
	}
	conn, err := net.Dial("unixgram", address)
	if err != nil {
		return address, err
	}
	defer conn.Close()
	_, err = conn.Write([]byte(args[0]))
	return address, err
}

// size is that of the terminal on standard input.
func size([]string) (string, error) {
	window, err := unix.IoctlGetWinsize(0, unix.TIOCGWINSZ)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%dx%d", window.Col, window.Row), nil
}
