package supervise

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/machine"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/proc"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// scoreOOM makes the kernel more inclined to take a process, and what it starts, when memory runs out. A score may always be raised.
func (r *Supervisor) scoreOOM(pid, adj int) {
	if adj == 0 {
		return
	}
	if err := os.WriteFile(proc.Dir(pid)+"/oom_score_adj", []byte(strconv.Itoa(adj)), 0); err != nil {
		r.tell(machine.Debug, "oom_score_adj: "+err.Error())
	}
}

// limitData has a process's own allocations fail where all of its writable memory together would be more than its share (setrlimit(2),
// RLIMIT_DATA). What it starts inherits that, each with a limit of its own.
func (r *Supervisor) limitData(i int) {
	c := &r.children[i]
	if c.MemoryPolicy != plan.LimitOver {
		return
	}
	limit := unix.Rlimit{Cur: uint64(c.Memory), Max: uint64(c.Memory)}
	if err := unix.Prlimit(c.pid, unix.RLIMIT_DATA, &limit, nil); err != nil && err != unix.ESRCH {
		r.tell(machine.Info, "the memory of "+r.titles[i]+" is not limited: prlimit: "+err.Error())
	}
}

// lookingAround is held by whoever looks into /proc beside the main goroutine. A process's memory map can be locked for long, and the
// runtime gives a thread to each who waits for it.
var lookingAround sync.Mutex

// memoryOf returns the bytes of memory of a process and all below it, those in swap too: its proportional share of what it has in common
// with others or, where that may not be read, all of it.
func memoryOf(pid int) (sum int64) { return memoryOfAll(append(proc.Below(pid), pid)) }

func memoryOfAll(pids []int) (sum int64) {
	lookingAround.Lock()
	defer lookingAround.Unlock()
	for _, pid := range pids {
		if own := kibibytes(proc.Dir(pid)+"/smaps_rollup", "Pss:", "SwapPss:"); own > 0 {
			sum += own
		} else {
			sum += wholeMemoryOf(pid)
		}
	}
	return sum
}

// wholeMemoryOf returns the bytes of memory of one process, with all that it has in common with others. They are quickly read.
func wholeMemoryOf(pid int) int64 { return kibibytes(proc.Dir(pid)+"/status", "VmRSS:", "VmSwap:") }

// kibibytes adds up some lines of a file of /proc that are in kB, and returns them in bytes.
func kibibytes(file string, keys ...string) (sum int64) {
	text, _ := proc.Read(file)
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) > 1 && slices.Contains(keys, fields[0]) {
			n, _ := strconv.ParseInt(fields[1], 10, 64)
			sum += n * 1024
		}
	}
	return sum
}
