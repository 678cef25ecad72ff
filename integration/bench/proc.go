package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// now is the time by the clock that the children tell theirs by, in nanoseconds.
func now() int64 {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &t)
	return t.Nano()
}

// process is what /proc/PID/stat says of one.
type process struct {
	pid, parent int
	zombie      bool
}

func processes() (all []process) {
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		parent, _ := strconv.Atoi(string(fields[1]))
		all = append(all, process{pid, parent, fields[0][0] == 'Z'})
	}
	return all
}

// descendants are the processes below root, those before that are their parents.
func descendants(root int) (found []process) {
	children := map[int][]process{}
	for _, p := range processes() {
		children[p.parent] = append(children[p.parent], p)
	}
	found = children[root]
	for i := 0; i < len(found); i++ {
		found = append(found, children[found[i].pid]...)
	}
	return found
}

// sweep ends all processes below this one, which is their subreaper, and awaits them.
func sweep() error {
	for range 1000 {
		left := descendants(os.Getpid())
		if len(left) == 0 {
			return nil
		}
		for _, p := range left {
			if !p.zombie {
				_ = unix.Kill(p.pid, unix.SIGKILL)
			}
			if p.parent == os.Getpid() {
				_, _ = unix.Wait4(p.pid, nil, unix.WNOHANG, nil)
			}
		}
		time.Sleep(time.Millisecond)
	}
	return fmt.Errorf("processes that can't be ended: %v", descendants(os.Getpid()))
}

// sum adds up what a file in /proc/PID says behind a key, over some processes; those that have ended count nothing.
func sum(pids []int, file, key string) (total float64) {
	for _, pid := range pids {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
		for line := range strings.Lines(string(text)) {
			if value, found := strings.CutPrefix(line, key+":"); found {
				n, _ := strconv.Atoi(strings.Fields(value)[0])
				total += float64(n)
			}
		}
	}
	return total
}

// switches counts how often the threads of some processes have gone to sleep.
func switches(pids []int) (total float64) {
	for _, pid := range pids {
		threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
		for _, thread := range threads {
			total += sum([]int{pid}, "task/"+filepath.Base(thread)+"/status", "voluntary_ctxt_switches")
		}
	}
	return total
}
