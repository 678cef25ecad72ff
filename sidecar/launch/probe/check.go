// Package probe carries out health checks over plain HTTP and TCP, and hears what processes say of themselves (sd_notify(3)).
package probe

import (
	"cmp"
	"context"
	"errors"
	"os"
	"syscall"
	"time"

	"github.com/sidecar-buildpack/sidecar/sidecar/inet"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/socket"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// Check carries out an http-get over plain HTTP, or a tcp-socket, within TimeoutSeconds. An error says in one line what was
// asked and why it did not pass. What Check does not do is a command: see Command.
func Check(ctx context.Context, p plan.Probe) error {
	ctx, cancel := context.WithTimeout(ctx, p.Timeout())
	defer cancel()
	var asked string
	var err error
	switch {
	case p.HTTPGet != nil && !p.NeedsHelper():
		asked, err = "GET "+p.HTTPGet.URL(), get(ctx, *p.HTTPGet)
	case p.TCPSocket != nil && !p.NeedsHelper():
		asked, err = "connect "+p.TCPSocket.Address(), connect(ctx, *p.TCPSocket)
	default:
		return errors.New("this probe is for a command, or waits to be notified")
	}
	if err == nil {
		return nil
	}
	return errors.New(asked + ": " + reason(ctx, p, err))
}

// reason leaves of err what its reader does not know yet.
func reason(ctx context.Context, p plan.Probe, err error) string {
	deadline, _ := ctx.Deadline()
	var errno syscall.Errno
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return "given up"
	case time.Until(deadline) <= 0:
		return "no answer within " + p.Timeout().String()
	case errors.As(err, &errno):
		return errno.Error()
	}
	return err.Error()
}

func connect(ctx context.Context, t plan.TCPSocket) error {
	conn, err := dial(ctx, t.Host, t.Port)
	if err != nil {
		return err
	}
	return conn.Close()
}

// dial connects to the first of the host's addresses that does not refuse; the error is that of the first.
func dial(ctx context.Context, host string, port int) (conn *os.File, first error) {
	for _, ip := range plan.Addresses(host) {
		conn, err := socket.DialTCP(ctx, inet.Endpoint{Address: ip, Port: port})
		if err == nil {
			return conn, nil
		}
		first = cmp.Or(first, err)
		if !errors.Is(err, syscall.ECONNREFUSED) {
			break
		}
	}
	return nil, first
}
