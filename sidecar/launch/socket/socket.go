// Package socket opens the few kinds of sockets that the supervisor needs, as files of the runtime's poller: waiting for them takes no
// thread, and deadlines work. Package net can do far more, and would be a fifth of the supervisor's size and memory.
package socket

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/inet"
)

// open makes a socket that is closed on exec and doesn't block, has prepare ready it, and gives it as a file.
func open(family, kind int, name string, prepare func(fd int) error) (*os.File, error) {
	fd, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	if err := prepare(fd); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil
}

// DialTCP connects to an IP address, without a zone, until ctx is done. Errors are those of socket(2) and connect(2), and ctx's own.
func DialTCP(ctx context.Context, address inet.Endpoint) (*os.File, error) {
	family, to := sockaddr(address)
	file, err := open(family, unix.SOCK_STREAM, "tcp", func(fd int) error {
		if err := unix.Connect(fd, to); !errors.Is(err, unix.EINPROGRESS) {
			return err
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := connected(ctx, file); err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}

func sockaddr(address inet.Endpoint) (family int, to unix.Sockaddr) {
	if address.Is4() {
		return unix.AF_INET, &unix.SockaddrInet4{Port: address.Port, Addr: address.As4()}
	}
	return unix.AF_INET6, &unix.SockaddrInet6{Port: address.Port, Addr: address.Address}
}

// connected waits for the outcome of a connect(2) that may be in progress.
func connected(ctx context.Context, file *os.File) error {
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = file.SetDeadline(time.Unix(1, 0)) })
	var failed error
	err = raw.Write(func(fd uintptr) (done bool) {
		failed = outcome(int(fd))
		return !errors.Is(failed, unix.ENOTCONN)
	})
	if !stop() {
		return ctx.Err() // even where the connection stands: its deadline has passed
	}
	if err != nil {
		return err
	}
	return failed
}

// outcome is ENOTCONN as long as nothing is decided.
func outcome(fd int) error {
	status, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return err
	}
	if status != 0 {
		return unix.Errno(status)
	}
	peer, err := unix.Getpeername(fd)
	if err != nil {
		return err
	}
	own, err := unix.Getsockname(fd)
	if err == nil && endpoint(own) == endpoint(peer) {
		// Nobody listens, but the kernel chose for our end the very port that we ask for: TCP's simultaneous open, with ourselves.
		return unix.ECONNREFUSED
	}
	return err
}

func endpoint(of unix.Sockaddr) inet.Endpoint {
	switch of := of.(type) {
	case *unix.SockaddrInet4:
		return inet.Endpoint{Address: inet.From4(of.Addr), Port: of.Port}
	case *unix.SockaddrInet6:
		return inet.Endpoint{Address: of.Addr, Port: of.Port}
	}
	return inet.Endpoint{}
}

// DialUnix connects at once to the stream socket of that name in the abstract namespace (unix(7)). Errors are those of socket(2) and
// connect(2): EAGAIN where too many wait there already.
func DialUnix(name string) (*os.File, error) {
	return open(unix.AF_UNIX, unix.SOCK_STREAM, name, func(fd int) error { return unix.Connect(fd, abstract(name)) })
}

func abstract(name string) *unix.SockaddrUnix { return &unix.SockaddrUnix{Name: "@" + name} }

const backlog = 4096 // as far as net.core.somaxconn allows

// ListenUnix opens a stream socket under name in the abstract namespace. A name that is taken is EADDRINUSE.
func ListenUnix(name string) (*os.File, error) {
	return open(unix.AF_UNIX, unix.SOCK_STREAM, name, func(fd int) error {
		if err := unix.Bind(fd, abstract(name)); err != nil {
			return os.NewSyscallError("bind", err)
		}
		return os.NewSyscallError("listen", unix.Listen(fd, backlog))
	})
}

// ListenTCP opens a stream socket on an address. One that is taken is EADDRINUSE.
func ListenTCP(address inet.Endpoint) (*os.File, error) {
	family, on := sockaddr(address)
	return open(family, unix.SOCK_STREAM, "tcp", func(fd int) error {
		// A server that was here before may have connections that are not quite closed yet: socket(7).
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
		if err := unix.Bind(fd, on); err != nil {
			return os.NewSyscallError("bind", err)
		}
		return os.NewSyscallError("listen", unix.Listen(fd, backlog))
	})
}

// Accept waits for the next connection. Closing the listener ends that with os.ErrClosed.
func Accept(listener *os.File) (*os.File, error) {
	var fd int
	err := read(listener, func(listening int) (err error) {
		fd, _, err = unix.Accept4(listening, unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
		return os.NewSyscallError("accept", err)
	})
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), listener.Name()), nil
}

// read waits until f, which reads from file, has something other to say than EAGAIN.
func read(file *os.File, f func(fd int) error) error {
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Read(func(fd uintptr) (done bool) {
		failed = f(int(fd))
		return !errors.Is(failed, unix.EAGAIN)
	})
	if err == nil {
		return failed
	}
	if _, closed := file.Read(nil); closed != nil {
		return closed // raw.Read has an error of its own for this, which nobody could tell from others
	}
	return err
}

// Peer is who is at the other end of a unix socket's connection, vouched for by the kernel: its PID as seen from here, 0 where it can't be
// seen, and its user.
func Peer(connection *os.File) (peer *unix.Ucred, err error) {
	raw, err := connection.SyscallConn()
	if err != nil {
		return nil, err
	}
	var failed error
	err = raw.Control(func(fd uintptr) { peer, failed = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) })
	if err != nil {
		return nil, err
	}
	return peer, os.NewSyscallError("getsockopt", failed)
}
