package main

import (
	"flag"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// enter does what a container's runtime does last: it mounts /proc, makes a directory the read-only root, gives up root's rights and
// becomes the command. Where it mounts, its caller has started it in a mount namespace of its own.
func enter(args []string) error {
	flags := flag.NewFlagSet("enter", flag.ExitOnError)
	pid1 := flags.Bool("pid1", false, "the PID namespace is new, so /proc has to be")
	root := flags.String("root", "", "the directory that becomes /")
	user := flags.Int("user", 0, "the user and group to become")
	most := flags.Uint64("most", 0, "how many processes and threads that user may have")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *pid1 || *root != "" {
		if err := mount(*root); err != nil {
			return err
		}
	}
	if *most != 0 {
		if err := unix.Setrlimit(unix.RLIMIT_NPROC, &unix.Rlimit{Cur: *most, Max: *most}); err != nil {
			return os.NewSyscallError("setrlimit", err)
		}
	}
	if *user != 0 {
		if err := become(*user); err != nil {
			return err
		}
	}
	argv := flags.Args()
	return &os.PathError{Op: "exec", Path: argv[0], Err: syscall.Exec(argv[0], argv, os.Environ())}
}

func mount(root string) error {
	const hardened = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return os.NewSyscallError("making / private", err)
	}
	if root != "" {
		if err := unix.Mount(root, root, "", unix.MS_BIND, ""); err != nil {
			return os.NewSyscallError("binding the root", err)
		}
	}
	if err := unix.Mount("proc", filepath.Join(root, "/proc"), "proc", hardened, ""); err != nil {
		return os.NewSyscallError("mounting /proc", err)
	}
	if root == "" {
		return nil
	}
	if err := unix.Mount("", root, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""); err != nil {
		return os.NewSyscallError("making the root read-only", err)
	}
	return pivot(root)
}

// pivot makes root the root, and leaves nothing of the old one (pivot_root(2)).
func pivot(root string) error {
	if err := unix.Chdir(root); err != nil {
		return err
	}
	if err := unix.PivotRoot(".", "."); err != nil {
		return os.NewSyscallError("pivot_root", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return os.NewSyscallError("unmounting the old root", err)
	}
	return unix.Chdir("/")
}

func become(user int) error {
	if err := syscall.Setgroups(nil); err != nil {
		return os.NewSyscallError("setgroups", err)
	}
	if err := syscall.Setgid(user); err != nil {
		return os.NewSyscallError("setgid", err)
	}
	return os.NewSyscallError("setuid", syscall.Setuid(user))
}
