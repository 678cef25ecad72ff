package socket

import (
	"os"

	"golang.org/x/sys/unix"
)

// Datagrams is a socket for messages from whoever knows its address.
type Datagrams struct {
	file    *os.File
	Address string // @ and the name in the abstract namespace, as sd_notify(3) takes it
}

// ListenDatagrams opens a socket of unix datagrams under a name in the abstract namespace that nobody else has: the kernel chooses it.
// Each message carries its sender's credentials.
func ListenDatagrams() (*Datagrams, error) {
	var own unix.Sockaddr
	file, err := open(unix.AF_UNIX, unix.SOCK_DGRAM, "datagrams", func(fd int) error {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PASSCRED, 1); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
		if err := unix.Bind(fd, &unix.SockaddrUnix{}); err != nil { // no name: "autobind" in unix(7)
			return os.NewSyscallError("bind", err)
		}
		var err error
		own, err = unix.Getsockname(fd)
		return os.NewSyscallError("getsockname", err)
	})
	if err != nil {
		return nil, err
	}
	return &Datagrams{file, own.(*unix.SockaddrUnix).Name}, nil
}

// Receive waits for a message. It gives how many bytes of it and of its control messages there are in message and control, and the flags
// of recvmsg(2), which tell whether something did not fit. It is os.ErrClosed after Close.
func (d *Datagrams) Receive(message, control []byte) (n, controls, flags int, err error) {
	err = read(d.file, func(fd int) (err error) {
		n, controls, flags, _, err = unix.Recvmsg(fd, message, control, unix.MSG_CMSG_CLOEXEC)
		return os.NewSyscallError("recvmsg", err)
	})
	return n, controls, flags, err
}

// Close ends a Receive that waits.
func (d *Datagrams) Close() error { return d.file.Close() }
