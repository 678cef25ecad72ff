package supervise

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sidecar-buildpack/sidecar/sidecar/socket"
)

// Ask has a running supervisor of the same user, or any where the caller is root, do one of "ps", "ps --json", "restart NAME" and "probe
// NAME", and gives what it has to show. pid chooses among several supervisors; 0 is the only one.
func Ask(pid int, words ...string) (string, error) {
	pid, err := choose(pid)
	if err != nil {
		return "", err
	}
	connection, err := socket.DialUnix(socketName(strconv.Itoa(pid)))
	if err != nil {
		return "", fmt.Errorf("supervisor %d can't be asked: %w", pid, err)
	}
	defer connection.Close()
	if peer, err := socket.Peer(connection); err != nil {
		return "", err
	} else if int(peer.Pid) != pid {
		return "", fmt.Errorf("process %d answers for supervisor %d, and can't be trusted", peer.Pid, pid)
	} else if peer.Uid != 0 && os.Geteuid() != 0 && int(peer.Uid) != os.Geteuid() {
		return "", fmt.Errorf("supervisor %d is user %d's: ask as that user, or as root", pid, peer.Uid)
	}
	_ = connection.SetDeadline(time.Now().Add(clientTimeout))
	if _, err := io.WriteString(connection, strings.Join(words, separator)+"\n"); err != nil {
		return "", err
	}
	answer, err := io.ReadAll(connection)
	if err != nil {
		return "", err
	}
	problem, text, complete := strings.Cut(string(answer), "\n")
	switch {
	case !complete:
		return "", fmt.Errorf("supervisor %d has ended without an answer", pid)
	case problem != "":
		return text, errors.New(problem)
	}
	return text, nil
}

// choose is the supervisor with that PID or, for 0, the only one that runs here.
func choose(pid int) (int, error) {
	pids, err := supervisors()
	switch {
	case err != nil:
		return 0, err
	case len(pids) == 0:
		return 0, errors.New("no supervisor runs here: ask in the container that the app runs in")
	case pid != 0 && !slices.Contains(pids, pid):
		return 0, fmt.Errorf("process %d is no supervisor, choose one of them with --pid: %v", pid, pids)
	case pid != 0:
		return pid, nil
	case len(pids) > 1:
		return 0, fmt.Errorf("several supervisors run here, choose one with --pid: %v", pids)
	}
	return pids[0], nil
}

// supervisors are the PIDs of those that offer a control socket here.
func supervisors() (pids []int, err error) {
	text, err := os.ReadFile("/proc/net/unix")
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		_, pid, found := strings.Cut(strings.TrimSpace(line), " @"+socketName(""))
		if n, err := strconv.Atoi(pid); found && err == nil && !slices.Contains(pids, n) { // each connection is listed too
			pids = append(pids, n)
		}
	}
	return pids, nil
}
