package supervise

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/machine"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/memory"
)

// faults are the signals that the kernel sends to a process on its own account, by what that mostly means.
var faults = map[unix.Signal]string{
	unix.SIGSEGV: "likely a fault of its own", unix.SIGBUS: "likely a fault of its own", unix.SIGILL: "likely a fault of its own",
	unix.SIGFPE: "likely a fault of its own", unix.SIGTRAP: "likely a fault of its own", unix.SIGABRT: "likely a fault of its own",
	unix.SIGSYS: "likely a system call that the container forbids",
}

// detail returns what is known of why child i ended as it did, besides its status, as the end of a sentence. Only the kernel's counter
// tells a want of memory from a kill by hand.
func (r *Supervisor) detail(i int, ws unix.WaitStatus) string {
	status := exitStatus(ws)
	if status == 0 || r.state.Stopping() && status != 128+int(unix.SIGKILL) {
		return ""
	}
	starved, known := r.kills.more()
	killed := ws.Signaled() && ws.Signal() == unix.SIGKILL
	switch {
	case killed && starved:
		return "out of memory: " + r.usage(i)
	case killed && !known:
		return "likely out of memory, or by hand"
	case killed:
		return "by hand or by another process"
	case starved:
		return "likely because the kernel killed one of its processes, out of memory: " + r.usage(i)
	case ws.Signaled():
		return faults[ws.Signal()]
	case status > 128:
		return asSignal(unix.Signal(status - 128))
	}
	return ""
}

// leaving says, as the end of a sentence, what a child that ended well of its own will has left behind, as one does that goes into the
// background.
func (r *Supervisor) leaving(i int, ws unix.WaitStatus, left []int) string {
	if len(left) == 0 || exitStatus(ws) != 0 || r.state.View(i).Phase != machine.Running {
		return ""
	}
	return "leaving " + strings.Join(named(left), ", ") + ": it has to stay in the foreground"
}

// asSignal says what shells mean by a status above 128.
func asSignal(sig unix.Signal) string {
	if name := unix.SignalName(sig); name != "" {
		return "as shells do for " + name
	}
	return ""
}

// kills is how often the kernel had killed a process of the container for want of memory, when that was last asked.
type kills struct {
	counter memory.KillCounter
	count   int
	known   bool
}

// watch begins to count, unless that has begun.
func (k *kills) watch() {
	if !k.known {
		var err error
		k.counter, k.count, err = memory.FindKillCounter("")
		k.known = err == nil
	}
}

// more reports whether there are more than when that was last asked, where that can be known. Before watch it can if there are none at all.
func (k *kills) more() (more, known bool) {
	if !k.known {
		k.watch()
		return false, k.known && k.count == 0
	}
	count, err := k.counter.Read()
	more, k.count = count > k.count, count
	return more, err == nil
}

// usage says what the container has and, where that was measured, what child i used of it. The kernel may have let it take much more since.
func (r *Supervisor) usage(i int) string {
	text := "the memory of the machine is used up"
	if container, err := memory.Limit(""); err == nil && container.Limit > 0 {
		text = "the container's " + container.Limit.Short() + " are used up"
	}
	if c := &r.children[i]; c.used > 0 {
		text += ", and it used " + c.used.Short() + " of its " + c.Memory.Short() + " when last measured"
	}
	return text
}

// terminationLog is the file whose content Kubernetes shows as the reason of a container's end.
const terminationLog = "/dev/termination-log"

// mostTermination is how much of it Kubernetes reads.
const mostTermination = 4096

// explain writes why the container ends to where its platform looks for that, where there is such a place. What the app has written
// there stays.
func (r *Supervisor) explain(text string) {
	file, err := os.OpenFile(terminationLog, os.O_WRONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return
	}
	start := info.Size()
	if r.explained != "" && start >= int64(len(r.explained)) && r.explainedEnd == start {
		start -= int64(len(r.explained)) // ours, which this replaces
	}
	text = strings.ReplaceAll(text, "\n", " ")
	text = strings.ToValidUTF8(text[:min(len(text), max(0, mostTermination-1-int(start)))], "") + "\n"
	if file.Truncate(start) != nil {
		return
	}
	if _, err := file.WriteAt([]byte(text), start); err == nil {
		r.explained, r.explainedEnd = text, start+int64(len(text))
	}
}
