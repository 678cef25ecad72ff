package main

import (
	"runtime"
	"strconv"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// init leaves the first thread, whose state is the process' in /proc, to the main goroutine.
func init() { runtime.LockOSThread() }

// cling has another thread wait in vfork(2), where nothing stops it, for a child that never ends. It answers with the child's PID.
func cling([]string) (string, error) {
	runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1) // the thread keeps one
	child := new(int32)
	go func() {
		if clone(unix.CLONE_VFORK|unix.CLONE_PARENT_SETTID, child) == 0 {
			for {
				_, _, _ = unix.RawSyscall6(unix.SYS_PPOLL, 0, 0, 0, 0, 0, 0)
			}
		}
	}()
	for atomic.LoadInt32(child) == 0 {
		runtime.Gosched()
	}
	return strconv.Itoa(int(*child)), nil
}
