package control

import (
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/fault"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/proc"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/socket"
)

// supervisor is one that listens here. The kernel vouches for its PID and its user.
type supervisor struct {
	pid, user  int
	connection *os.File // nil where there is no room in its queue
}

// retryPause is between attempts to connect to a socket whose queue is full.
const retryPause = 5 * time.Millisecond

// dial connects to the supervisor of that PID or, for 0, to the one that this process belongs to. It waits until the deadline for a place
// in a supervisor's queue.
func dial(pid int, deadline time.Time) (supervisor, error) {
	for {
		found, err := listening(pid)
		if err != nil {
			return supervisor{}, err
		}
		chosen, err := choose(found, pid)
		for _, s := range found {
			if s != chosen && s.connection != nil {
				s.connection.Close()
			}
		}
		switch {
		case err != nil || chosen.connection != nil:
			return chosen, err
		case time.Now().After(deadline):
			return supervisor{}, fault.Wrap("supervisor "+strconv.Itoa(chosen.pid)+" can't be asked: ", unix.EAGAIN)
		}
		time.Sleep(retryPause)
	}
}

// choose returns the supervisor of that PID or, for 0, the one that this process belongs to.
func choose(found []supervisor, pid int) (supervisor, error) {
	self := os.Geteuid()
	obeys := func(s supervisor) bool { return self == 0 || s.user == 0 || s.user == self }
	if pid != 0 {
		i := slices.IndexFunc(found, isPID(pid))
		switch {
		case i < 0:
			return supervisor{}, errors.New("process " + strconv.Itoa(pid) + " is no supervisor that can be asked from here")
		case !obeys(found[i]):
			return supervisor{}, found[i].refuses()
		}
		return found[i], nil
	}
	var ours []supervisor
	for _, s := range found {
		if obeys(s) {
			ours = append(ours, s)
		}
	}
	ours = nearest(ours)
	switch {
	case len(ours) == 1:
		return ours[0], nil
	case len(found) == 0:
		return supervisor{}, errors.New("no supervisor runs here: ask in the container that the app runs in")
	case len(ours) == 0:
		return supervisor{}, found[0].refuses()
	}
	var pids []string
	for _, s := range ours {
		pids = append(pids, strconv.Itoa(s.pid))
	}
	return supervisor{}, errors.New("several supervisors run here, choose one with --pid: [" + strings.Join(pids, " ") + "]")
}

func (s supervisor) refuses() error {
	return errors.New("supervisor " + strconv.Itoa(s.pid) + " is user " + strconv.Itoa(s.user) + "'s: ask as that user, or as root")
}

// nearest returns the supervisor that is this process's nearest ancestor or, where none is, those that seem to be of its container: of its
// mount namespace, and of its control groups. The containers of a Pod may share all other namespaces. Of these it returns the outermost.
func nearest(all []supervisor) []supervisor {
	for pid := os.Getpid(); pid > 0; pid, _ = proc.Parent(pid) {
		if i := slices.IndexFunc(all, isPID(pid)); i >= 0 {
			return all[i : i+1]
		}
	}
	for _, fact := range []func(process string) string{mountNamespace, controlGroups} {
		var alike []supervisor
		for _, s := range all {
			if own := fact("self"); own != "" && fact(strconv.Itoa(s.pid)) == own {
				alike = append(alike, s)
			}
		}
		if len(alike) > 0 {
			all = alike
		}
	}
	return outermost(all)
}

// outermost leaves out those below another: supervisors that a sidecar has started, or what it passes off as one. Whatever a sidecar starts
// is below its supervisor.
func outermost(all []supervisor) (top []supervisor) {
	for _, s := range all {
		inner := false
		for pid, _ := proc.Parent(s.pid); pid > 0 && !inner; pid, _ = proc.Parent(pid) {
			inner = slices.ContainsFunc(all, isPID(pid))
		}
		if !inner {
			top = append(top, s)
		}
	}
	return top
}

// mountNamespace is empty where it may not be known.
func mountNamespace(process string) string {
	namespace, _ := os.Readlink("/proc/" + process + "/ns/mnt")
	return namespace
}

func controlGroups(process string) string {
	text, _ := proc.Read("/proc/" + process + "/cgroup")
	return string(text)
}

// listening connects to all supervisors, or to the one of that PID. Anybody in the network namespace can take a name; so those whose
// process is not here, or is not who listens, are passed over.
func listening(pid int) (found []supervisor, err error) {
	text, err := proc.Read("/proc/net/unix")
	if err != nil {
		return nil, err
	}
	for _, o := range offers(string(text), socketName("")) {
		if pid != 0 && o.pid != pid || syscall.Kill(o.pid, 0) == syscall.ESRCH || slices.ContainsFunc(found, isPID(o.pid)) {
			continue
		}
		connection, err := socket.DialUnix(o.name)
		if errors.Is(err, unix.EAGAIN) && o.isGenuine() {
			found = append(found, supervisor{pid: o.pid, user: userOf(o.pid)})
		}
		if err != nil {
			continue // it has just ended, say
		}
		peer, err := socket.Peer(connection)
		if err != nil || int(peer.Pid) != o.pid {
			connection.Close()
			continue
		}
		found = append(found, supervisor{o.pid, int(peer.Uid), connection})
	}
	return found, nil
}

// userOf returns a process's user; -1 where it is gone.
func userOf(pid int) int {
	var info unix.Stat_t
	if unix.Stat(proc.Dir(pid), &info) != nil {
		return -1
	}
	return int(info.Uid)
}

func isPID(pid int) func(supervisor) bool { return func(s supervisor) bool { return s.pid == pid } }

// offer is a control socket, as its name has it.
type offer struct {
	name  string
	pid   int    // that its name claims
	inode string // of the socket
}

// isGenuine reports whether the process that the name claims has the socket. It is for when the kernel can't be asked who listens.
func (o offer) isGenuine() bool {
	dir := proc.Dir(o.pid) + "/fd/"
	entries, _ := os.ReadDir(dir)
	return slices.ContainsFunc(entries, func(e os.DirEntry) bool {
		target, _ := os.Readlink(dir + e.Name())
		return target == "socket:["+o.inode+"]"
	})
}

// offers returns the control sockets that there seem to be, from the text of /proc/net/unix: those whose names begin with prefix and go on
// with a PID.
func offers(text, prefix string) (all []offer) {
	const flags, inode, path, listening = 3, 6, 7, "00010000" // see proc_pid_net(5)
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) <= path || fields[flags] != listening {
			continue
		}
		rest, found := strings.CutPrefix(fields[path], "@"+prefix)
		claimed, _, _ := strings.Cut(rest, "/")
		if pid, err := strconv.Atoi(claimed); found && err == nil && pid > 0 {
			all = append(all, offer{prefix + rest, pid, fields[inode]})
		}
	}
	return all
}
