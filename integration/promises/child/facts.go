package main

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Facts are what a process can see of how it was started.
type Facts struct {
	Dir     string
	Args    []string
	Env     []string
	Files   map[string]string // by descriptor: where it leads, and its flags
	Group   int
	Session int
	Mask    int // umask(2)
}

// observe comes first of all, before anything of this process's own can be seen.
func observe() Facts {
	dir, _ := unix.Getwd()
	session, _ := unix.Getsid(0)
	mask := unix.Umask(0)
	unix.Umask(mask)
	f := Facts{Dir: dir, Args: os.Args, Env: os.Environ(), Files: map[string]string{}, Group: unix.Getpgrp(), Session: session, Mask: mask}
	for fd := range 256 {
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
		if err != nil {
			continue
		}
		target := make([]byte, unix.PathMax)
		n, _ := unix.Readlink("/proc/self/fd/"+strconv.Itoa(fd), target)
		f.Files[strconv.Itoa(fd)] = fmt.Sprintf("%s flags %o", target[:max(n, 0)], flags)
	}
	return f
}
