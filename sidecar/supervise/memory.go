package supervise

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/sidecar-buildpack/sidecar/sidecar/memory"
)

// watchPeriod is how often the sidecars with a memory-policy are measured.
const watchPeriod = 3 * time.Second

// scoreOOM makes the kernel more inclined to take a process, and what it starts, when memory runs out. A score may always be raised.
func (r *runner) scoreOOM(pid, adj int) {
	if adj == 0 {
		return
	}
	if err := os.WriteFile(procDir(pid)+"/oom_score_adj", []byte(strconv.Itoa(adj)), 0); err != nil {
		r.tell(Debug, "oom_score_adj: "+err.Error())
	}
}

// watchMemory measures those who have a policy for it, and tells the machine who begins to exceed his share.
func (r *runner) watchMemory() {
	var watched []int
	for i := range r.children {
		if r.children[i].MemoryPolicy != "" {
			watched = append(watched, i)
		}
	}
	if watched == nil {
		return
	}
	go func() {
		over := map[int]int{} // the run of a process that was seen to exceed its share
		for range time.Tick(watchPeriod) {
			for _, i := range watched {
				r.measure(i, over)
			}
		}
	}()
}

func (r *runner) measure(i int, over map[int]int) {
	var pid, run int
	r.main(context.Background(), func() { pid, run = r.children[i].pid, r.state.procs[i].run })
	if pid == 0 {
		return
	}
	used := memory.Size(memoryOf(pid))
	switch {
	case used <= r.children[i].Memory:
		delete(over, i)
	case over[i] != run:
		over[i] = run
		r.main(context.Background(), func() { r.step(Exceeded{At: r.now(), Proc: i, Run: run, Used: used}) })
	}
}

// memoryOf is the proportional set size in bytes of a process and all below it; where that may not be read, their resident size.
func memoryOf(pid int) (sum int64) {
	for _, p := range append(descendants(pid), pid) {
		sum += pss(procDir(p))
	}
	return sum
}

func procDir(pid int) string { return "/proc/" + strconv.Itoa(pid) }

func pss(dir string) int64 {
	text, err := os.ReadFile(filepath.Join(dir, "smaps_rollup"))
	if err == nil {
		for line := range strings.Lines(string(text)) {
			if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "Pss:" {
				kibibytes, _ := strconv.ParseInt(fields[1], 10, 64)
				return kibibytes * 1024
			}
		}
	}
	text, _ = os.ReadFile(filepath.Join(dir, "statm"))
	if fields := strings.Fields(string(text)); len(fields) > 1 {
		pages, _ := strconv.ParseInt(fields[1], 10, 64)
		return pages * int64(os.Getpagesize())
	}
	return 0
}
