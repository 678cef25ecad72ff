package supervise

import (
	"math"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/proc"
)

// takeInherited keeps the descriptors above 2 that we were started with from the sidecars, and returns them for the app, which would have
// them without us.
func takeInherited() (inherited []int) {
	all, err := proc.Numbers("/proc/self/fd")
	if err != nil {
		_ = unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC)
		return nil
	}
	for _, fd := range all {
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); fd > 2 && err == nil && flags&unix.FD_CLOEXEC == 0 {
			unix.CloseOnExec(fd)
			inherited = append(inherited, fd)
		}
	}
	return inherited
}

// withInherited adds descriptors, under their own numbers, to those that a process gets.
func withInherited(files []uintptr, inherited []int) []uintptr {
	if len(inherited) == 0 {
		return files
	}
	for fd := len(files); fd <= slices.Max(inherited); fd++ {
		if slices.Contains(inherited, fd) {
			files = append(files, uintptr(fd))
		} else {
			files = append(files, ^uintptr(0)) // closed
		}
	}
	return files
}
