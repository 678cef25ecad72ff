package sandbox

import (
	"errors"
	"os"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// What the lists of a plan.Sandbox stand for.
const (
	reading = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR
	writing = unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE |
		unix.LANDLOCK_ACCESS_FS_MAKE_CHAR | unix.LANDLOCK_ACCESS_FS_MAKE_DIR | unix.LANDLOCK_ACCESS_FS_MAKE_REG |
		unix.LANDLOCK_ACCESS_FS_MAKE_SOCK | unix.LANDLOCK_ACCESS_FS_MAKE_FIFO | unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK |
		unix.LANDLOCK_ACCESS_FS_MAKE_SYM
	ofFiles = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE |
		unix.LANDLOCK_ACCESS_FS_TRUNCATE // the rights that a file can have, and not only a directory
	referABI, truncateABI = 2, 3
)

// programs are what the image's programs need: themselves, their libraries, and the kernel's view of the process and machine. Whose
// processes can be read in /proc is decided elsewhere.
var programs = []string{
	"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/usr", "/proc", "/sys", "/etc/ld.so.cache", "/etc/ld.so.preload",
}

// devices hold nothing of anybody.
var devices = []string{"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"}

// ruleset is one of Landlock's.
type ruleset struct {
	fd      int
	handled unix.LandlockRulesetAttr
}

func newRuleset(s plan.Sandbox, abi int) (r ruleset, err error) {
	if s.Read != nil {
		r.handled.Handled_access_fs |= reading
	}
	if s.Write != nil {
		r.handled.Handled_access_fs |= writing
		if abi >= referABI {
			r.handled.Handled_access_fs |= unix.LANDLOCK_ACCESS_FS_REFER
		}
		if abi >= truncateABI {
			r.handled.Handled_access_fs |= unix.LANDLOCK_ACCESS_FS_TRUNCATE
		}
	}
	if abi >= portsABI && s.ConnectPorts != nil {
		r.handled.Handled_access_net |= unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
	}
	if abi >= portsABI && s.BindPorts != nil {
		r.handled.Handled_access_net |= unix.LANDLOCK_ACCESS_NET_BIND_TCP
	}
	if abi >= scopeABI {
		r.handled.Scoped = unix.LANDLOCK_SCOPE_SIGNAL | unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET
	}
	if r.handled == (unix.LandlockRulesetAttr{}) {
		r.handled.Handled_access_fs = unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK // a ruleset must handle something; even an empty one keeps from tracing
	}
	fd, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&r.handled)), unsafe.Sizeof(r.handled), 0)
	if errno != 0 {
		return r, os.NewSyscallError("landlock_create_ruleset", errno)
	}
	r.fd = int(fd)
	return r, nil
}

func (r ruleset) close() { _ = unix.Close(r.fd) }

// allow adds all that a sandbox names, and what its programs can't do without. A relative path is one in dir. It returns those that the
// sandbox names and that aren't there.
func (r ruleset) allow(s plan.Sandbox, command, dir string) (absent []string, err error) {
	for _, paths := range []struct {
		names  []string
		rights uint64
		named  bool // by the sandbox
	}{
		{append([]string{command}, programs...), reading, false}, {s.Read, reading, true},
		{s.Write, ^uint64(0), true}, {devices, ^uint64(0), false},
	} {
		for _, path := range paths.names {
			there, err := r.allowPath(path, dir, paths.rights&r.handled.Handled_access_fs)
			if err != nil {
				return nil, err
			}
			if !there && paths.named {
				absent = append(absent, path)
			}
		}
	}
	for right, ports := range map[uint64][]int{
		unix.LANDLOCK_ACCESS_NET_CONNECT_TCP: s.ConnectPorts, unix.LANDLOCK_ACCESS_NET_BIND_TCP: s.BindPorts,
	} {
		for _, port := range ports {
			if err := r.allowPort(port, right&r.handled.Handled_access_net); err != nil {
				return nil, err
			}
		}
	}
	return absent, nil
}

// allowPath gives rights to a file, or a directory and all below it. One that isn't there can't be allowed, and is left out.
func (r ruleset) allowPath(path, dir string, rights uint64) (there bool, err error) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	if rights == 0 {
		return true, nil
	}
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ENOTDIR) {
		return false, nil
	}
	if err != nil {
		return false, &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err == nil && stat.Mode&unix.S_IFMT != unix.S_IFDIR {
		rights &= ofFiles
	}
	rule := unix.LandlockPathBeneathAttr{Allowed_access: rights, Parent_fd: int32(fd)}
	return true, r.add(unix.LANDLOCK_RULE_PATH_BENEATH, unsafe.Pointer(&rule))
}

func (r ruleset) allowPort(port int, right uint64) error {
	if right == 0 {
		return nil
	}
	const netPort = 2 // LANDLOCK_RULE_NET_PORT
	rule := struct{ right, port uint64 }{right, uint64(port)}
	return r.add(netPort, unsafe.Pointer(&rule))
}

func (r ruleset) add(kind uintptr, rule unsafe.Pointer) error {
	_, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(r.fd), kind, uintptr(rule), 0, 0, 0)
	if errno != 0 {
		return os.NewSyscallError("landlock_add_rule", errno)
	}
	return nil
}

// enforce restricts the calling thread.
func (r ruleset) enforce() error {
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, uintptr(r.fd), 0, 0); errno != 0 {
		return os.NewSyscallError("landlock_restrict_self", errno)
	}
	return nil
}
