package sandbox

import (
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Landlock doesn't know prlimit(2), by which a process may limit any other of its user's: the processor time, say, after which the kernel
// kills it. So a filter (seccomp(2)) refuses to set the limits of another process. One's own are set with a PID of 0, or by setrlimit(2).

// machine is what the filter has to know of an architecture, as it is and as it runs programs for 32 bits.
type machine struct {
	arch, narrowArch     uint32 // AUDIT_ARCH_… in Linux' audit.h
	prlimit, narrowLimit uint32 // prlimit64's number
	alias                uint32 // prlimit64's other number: that of x32 programs; the same where there are none
}

func own() machine {
	if runtime.GOARCH == "arm64" {
		return machine{arch: unix.AUDIT_ARCH_AARCH64, narrowArch: unix.AUDIT_ARCH_ARM, prlimit: 261, narrowLimit: 369, alias: 261}
	}
	const x32 = 0x40000000 // __X32_SYSCALL_BIT
	return machine{arch: unix.AUDIT_ARCH_X86_64, narrowArch: unix.AUDIT_ARCH_I386, prlimit: 302, narrowLimit: 340, alias: 302 | x32}
}

// refuseLimits has the kernel refuse to the calling thread, and to all that it starts, what would set another process's limits.
func refuseLimits() error {
	const (
		number, arch, pid, limitLow, limitHigh = 0, 4, 16, 32, 36 // in struct seccomp_data, on little-endian machines

		load = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		is   = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K // skips Jt instructions if so, and Jf if not
		end  = unix.BPF_RET | unix.BPF_K
	)
	m := own()
	filter := []unix.SockFilter{
		{Code: load, K: arch},
		{Code: is, K: m.arch, Jt: 1},
		{Code: is, K: m.narrowArch, Jt: 3, Jf: 12},
		{Code: load, K: number},
		{Code: is, K: m.prlimit, Jt: 3},
		{Code: is, K: m.alias, Jt: 2, Jf: 9},
		{Code: load, K: number},
		{Code: is, K: m.narrowLimit, Jf: 7},
		{Code: load, K: pid},
		{Code: is, K: 0, Jt: 5},
		{Code: load, K: limitLow}, // there is none where the limits are only read
		{Code: is, K: 0, Jf: 2},
		{Code: load, K: limitHigh},
		{Code: is, K: 0, Jt: 1},
		{Code: end, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)},
		{Code: end, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	// Without this flag kernels before 5.16 slow a filtered process down, since it might run others' programs.
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW,
		uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return os.NewSyscallError("seccomp", errno)
	}
	return nil
}

// canRefuseLimits reports whether the kernel has such filters.
func canRefuseLimits() bool {
	action := uint32(unix.SECCOMP_RET_ERRNO)
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_GET_ACTION_AVAIL, 0, uintptr(unsafe.Pointer(&action)))
	return errno == 0
}
