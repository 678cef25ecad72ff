package main

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// storm has processes start children that leave orphans behind, without end. They are copies of this one's only thread that runs, which
// make system calls and nothing else: to start a program each time would be far slower.
func storm(forkers int) {
	for range forkers - 1 {
		if clone(0, nil) == 0 {
			break
		}
	}
	for {
		if child := clone(0, nil); child == 0 {
			for range 20 {
				if clone(0, nil) == 0 {
					exit()
				}
			}
			exit()
		} else if int(child) > 0 {
			_, _, _ = unix.RawSyscall6(unix.SYS_WAIT4, child, 0, 0, 0, 0, 0)
		}
	}
}

// clone is fork(2), without what Go does around it. It returns a negative number where there may be no more processes.
func clone(flags uintptr, child *int32) uintptr {
	pid, _, errno := unix.RawSyscall6(unix.SYS_CLONE, flags|uintptr(unix.SIGCHLD), 0, uintptr(unsafe.Pointer(child)), 0, 0, 0)
	if errno != 0 {
		return ^uintptr(0)
	}
	return pid
}

func exit() { _, _, _ = unix.RawSyscall(unix.SYS_EXIT_GROUP, 0, 0, 0) }
