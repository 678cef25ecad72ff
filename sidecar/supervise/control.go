package supervise

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/sidecar-buildpack/sidecar/sidecar/socket"
)

// A request is one line of words, separated by NUL: ps, "ps --json", restart and probe with a name. The answer is a first line, empty or
// the error, and then what there is to show, until the end of the connection.
const (
	separator   = "\x00"
	longestLine = 4096
)

// socketName is the name of a supervisor's control socket. It is abstract (unix(7)), so it needs no file system that can be written to.
// The network namespace that it belongs to may be shared by containers, as in a Pod; the PID namespace tells them apart.
func socketName(pid string) string {
	namespace, _ := os.Readlink("/proc/self/ns/pid")
	return "sidecar-supervisor/" + strings.Trim(namespace, "pid:[]") + "/" + pid
}

// listenControl offers the control socket; without it everything else works.
func (r *runner) listenControl() {
	listener, err := socket.ListenUnix(socketName(strconv.Itoa(os.Getpid())))
	if err != nil {
		r.tell(Info, "ps, restart and probe are not available: "+err.Error())
		return
	}
	go func() {
		strangers := make(chan struct{}, mostStrangers)
		for {
			connection, err := socket.Accept(listener)
			if err != nil {
				time.Sleep(acceptPause) // out of file descriptors, say
				continue
			}
			go r.serve(connection, strangers)
		}
	}()
}

// mostStrangers bounds what those whom we don't obey can take of us, at a time: they can come in any number.
const mostStrangers = 16

// strangerTimeout is what one of them has for the request that gets the refusal.
const strangerTimeout = time.Second

// acceptPause keeps a failing accept(2) from spinning.
const acceptPause = 100 * time.Millisecond

// clientTimeout bounds what one client can take of us: the longest probe that one may wait for is a part of it.
const clientTimeout = 2 * time.Minute

func (r *runner) serve(connection *os.File, strangers chan struct{}) {
	defer connection.Close()
	timeout, text := clientTimeout, ""
	refusal := trusted(connection)
	if refusal != nil {
		select {
		case strangers <- struct{}{}:
			defer func() { <-strangers }()
		default:
			return
		}
		timeout = strangerTimeout
	}
	_ = connection.SetDeadline(time.Now().Add(timeout))
	// Everybody's request is read, since a connection that is closed before that would take the answer with it.
	line, err := bufio.NewReaderSize(connection, longestLine).ReadSlice('\n')
	if refusal != nil {
		err = refusal
	}
	if err == nil {
		text, err = r.handle(strings.Split(strings.TrimSuffix(string(line), "\n"), separator))
	}
	problem := ""
	if err != nil {
		problem = strings.ReplaceAll(err.Error(), "\n", " ")
	}
	_, _ = io.WriteString(connection, problem+"\n"+text)
}

// trusted refuses all but the supervisor's own user and root, and those of other PID namespaces: a neighbour in a Pod may be root too.
func trusted(connection *os.File) error {
	peer, err := socket.Peer(connection)
	if err != nil {
		return err
	}
	if peer.Pid == 0 || peer.Uid != 0 && int(peer.Uid) != os.Geteuid() {
		return fmt.Errorf("user %d may not control the supervisor of user %d: ask as that user, or as root", peer.Uid, os.Geteuid())
	}
	return nil
}

func (r *runner) handle(words []string) (string, error) {
	switch {
	case words[0] == "ps" && len(words) == 1:
		return table(r.status()), nil
	case words[0] == "ps":
		return jsonList(r.status()), nil
	case words[0] == "restart" && len(words) == 2:
		return "", r.handleRestart(words[1])
	case words[0] == "probe" && len(words) == 2:
		return r.handleProbe(words[1])
	}
	return "", fmt.Errorf("supervisor %d is of another version: it doesn't know %q", os.Getpid(), words)
}

func (r *runner) handleRestart(name string) (err error) {
	r.main(context.Background(), func() {
		var i int
		if i, err = r.find(name); err == nil {
			r.step(RestartAsked{r.now(), i})
			if r.answer != "" {
				err = errors.New(r.answer)
			}
		}
	})
	return err
}

// handleProbe carries out all probes of a process now and says what each finds.
func (r *runner) handleProbe(name string) (lines string, err error) {
	i, err := r.find(name) // names never change, so any goroutine may look
	if err != nil {
		return "", err
	}
	for kind := range ProbeKind(probeKinds) {
		if r.settings(i, kind) == nil {
			continue
		}
		if err := r.check(context.Background(), i, kind); err != nil {
			return lines, fmt.Errorf("%s probe of %s: %w", kind, name, err)
		}
		lines += fmt.Sprintf("%s probe of %s: passed\n", kind, name)
	}
	if lines == "" {
		return "", errors.New(name + " has no probe")
	}
	return lines, nil
}

// find is the index of a process; the app goes by its process type too.
func (r *runner) find(name string) (int, error) {
	var names []string
	for i, c := range r.children {
		if c.Name == name || i == len(r.children)-1 && name == r.state.m.kind {
			return i, nil
		}
		names = append(names, c.Name)
	}
	return 0, fmt.Errorf("there is no process %q here; there are: %s", name, strings.Join(names, ", "))
}
