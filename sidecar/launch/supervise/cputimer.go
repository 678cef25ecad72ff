package supervise

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// cpuTimer sends us movedSignal when a process, somebody else's too, has computed for a while, at a tick of the kernel's.
// Whoever takes memory computes: the kernel fills each page for him.
type cpuTimer int32

// movedSignal says that a process which is watched has computed. It is one that nobody sends to a container.
const movedSignal = unix.SIGVTALRM

// computed is after how much of a process's CPU time we want to know. The kernel looks at each of its ticks, a few milliseconds apart.
const computed = 1_000_000 // nanoseconds

// sigevent is the kernel's sigevent_t on 64-bit machines (sigevent(3type)).
type sigevent struct {
	value  uintptr
	signal int32
	notify int32 // 0: SIGEV_SIGNAL
	_      [12]int32
}

// newCPUTimer makes a timer for a process. It needs no privilege (timer_create(2), clock_getcpuclockid(3)).
func newCPUTimer(pid int) (cpuTimer, bool) {
	const scheduled = 2 // CPUCLOCK_SCHED of include/linux/posix-timers_types.h
	clock := int32(^pid)<<3 | scheduled
	var id int32
	event := sigevent{signal: int32(movedSignal)}
	_, _, errno := unix.Syscall(unix.SYS_TIMER_CREATE, uintptr(clock), uintptr(unsafe.Pointer(&event)), uintptr(unsafe.Pointer(&id)))
	return cpuTimer(id), errno == 0
}

// start has the timer send one signal. It reports whether the process is still there.
func (t cpuTimer) start() bool {
	spec := unix.ItimerSpec{Value: unix.Timespec{Nsec: computed}}
	_, _, errno := unix.Syscall6(unix.SYS_TIMER_SETTIME, uintptr(t), 0, uintptr(unsafe.Pointer(&spec)), 0, 0, 0)
	return errno == 0
}

func (t cpuTimer) remove() { _, _, _ = unix.Syscall(unix.SYS_TIMER_DELETE, uintptr(t), 0, 0) }
