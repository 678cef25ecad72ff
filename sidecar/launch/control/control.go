// Package control lets people and programs look into a running supervisor and tell it what to do: server, client and what ps shows.
package control

import (
	"bufio"
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/fault"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/socket"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/supervise"
)

// A Request is what a client asks: a verb and its words. It goes over the socket as one line of them, separated by NUL. The answer is a
// first line, empty or the error, and then what there is to show, until the end of the connection.
type Request []string

// NoWait among a request's words means that it is enough to be understood.
const NoWait = "--no-wait"

const (
	separator   = "\x00"
	longestLine = 4096
)

// String returns a request in brackets, each of its words in quotes.
func (r Request) String() string {
	words := make([]string, len(r))
	for i, word := range r {
		words[i] = strconv.Quote(word)
	}
	return "[" + strings.Join(words, " ") + "]"
}

// waits reports whether the answer may take longer than clientTimeout.
func (r Request) waits() bool {
	return slices.Contains([]string{"start", "stop", "restart", "drain", "logs"}, r[0])
}

// socketName is the name of a supervisor's control socket. It is abstract (unix(7)), so it needs no file system that can be written to.
// The network namespace that it belongs to may be shared by containers, as in a Pod; the PID namespace tells them apart.
func socketName(pid string) string {
	namespace, _ := os.Readlink("/proc/self/ns/pid")
	return "sidecar-supervisor/" + strings.Trim(namespace, "pid:[]") + "/" + pid
}

// Listen opens the control socket. Who connects to it waits for Serve. Where somebody has taken its name, which anybody in the network
// namespace can, it gets another that nobody can guess. Errors are the system's, in words.
func Listen() (*os.File, error) {
	name := socketName(strconv.Itoa(os.Getpid()))
	listener, err := socket.ListenUnix(name)
	if errors.Is(err, unix.EADDRINUSE) {
		listener, err = listenElsewhere(name)
	}
	if err != nil {
		return nil, fault.Wrap("it can't be asked anything: ", err)
	}
	return listener, nil
}

func listenElsewhere(name string) (*os.File, error) {
	random := make([]byte, 16)
	if _, err := unix.Getrandom(random, 0); err != nil {
		return nil, os.NewSyscallError("getrandom", err)
	}
	for i, b := range random {
		random[i] = "0123456789abcdef"[b%16]
	}
	return socket.ListenUnix(name + "/" + string(random))
}

// Serve answers those who connect to the control socket, until the process ends.
func Serve(listener *os.File, s *supervise.Supervisor) {
	untrusted := make(chan struct{}, maxUntrusted)
	for {
		connection, err := socket.Accept(listener)
		if err != nil {
			time.Sleep(acceptPause) // out of file descriptors, say
			continue
		}
		go serve(s, connection, untrusted)
	}
}

// maxUntrusted limits concurrent connections from users who may not control the supervisor.
const maxUntrusted = 16

// untrustedTimeout is what such a user has for the request that gets the refusal.
const untrustedTimeout = time.Second

// acceptPause keeps a failing accept(2) from spinning.
const acceptPause = 100 * time.Millisecond

// clientTimeout bounds what one client can take of us: the longest probe that one may wait for is a part of it.
const clientTimeout = 2 * time.Minute

func serve(s *supervise.Supervisor, connection *os.File, untrusted chan struct{}) {
	defer connection.Close()
	timeout := clientTimeout
	refusal := trusted(connection)
	if refusal != nil {
		select {
		case untrusted <- struct{}{}:
			defer func() { <-untrusted }()
		default:
			return
		}
		timeout = untrustedTimeout
	}
	_ = connection.SetDeadline(time.Now().Add(timeout))
	// Everybody's request is read, since a connection that is closed before that would take the answer with it.
	line, err := bufio.NewReaderSize(connection, longestLine).ReadSlice('\n')
	if refusal != nil {
		err = refusal
	}
	a := answer{connection}
	if err != nil {
		a.fail("", err)
		return
	}
	request := Request(strings.Split(strings.TrimSuffix(string(line), "\n"), separator))
	if request.waits() {
		_ = connection.SetDeadline(time.Time{})
	}
	handle(s, request, a)
}

// trusted refuses all but the supervisor's own user and root, and those of other PID namespaces: a neighbour in a Pod may be root too.
func trusted(connection *os.File) error {
	peer, err := socket.Peer(connection)
	if err != nil {
		return err
	}
	if peer.Pid == 0 {
		return errors.New("it obeys those in its own PID namespace alone: ask in the container that it runs in")
	}
	if peer.Uid != 0 && int(peer.Uid) != os.Geteuid() {
		return errors.New("user " + strconv.Itoa(int(peer.Uid)) + " may not control the supervisor of user " + strconv.Itoa(os.Geteuid()) +
			": ask as that user, or as root")
	}
	return nil
}
