package probe

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/sidecar-buildpack/sidecar/sidecar/socket"
)

// Check carries out an http-get over plain HTTP, or a tcp-socket, within TimeoutSeconds. An error says in one line what was
// asked and why it did not pass. What Check does not do is a command: see Command.
func (p Probe) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, p.timeout())
	defer cancel()
	var asked string
	var err error
	switch {
	case p.HTTPGet != nil && !p.Helper():
		asked, err = "GET "+p.HTTPGet.url(), p.HTTPGet.check(ctx)
	case p.TCPSocket != nil && !p.Helper():
		asked, err = "connect "+p.TCPSocket.address(), p.TCPSocket.check(ctx)
	default:
		return errors.New("this probe is for a command, or waits to be notified")
	}
	if err == nil {
		return nil
	}
	return errors.New(asked + ": " + p.reason(ctx, err))
}

func (p Probe) timeout() time.Duration { return Seconds(cmp.Or(p.TimeoutSeconds, 1)) }

// reason leaves of err what its reader does not know yet.
func (p Probe) reason(ctx context.Context, err error) string {
	deadline, _ := ctx.Deadline()
	var errno syscall.Errno
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return "given up"
	case time.Until(deadline) <= 0:
		return "no answer within " + p.timeout().String()
	case errors.As(err, &errno):
		return errno.Error()
	}
	return err.Error()
}

func (t TCPSocket) address() string { return address(t.Host, t.Port) }

func (t TCPSocket) check(ctx context.Context) error {
	conn, err := dial(ctx, t.Host, t.Port)
	if err != nil {
		return err
	}
	return conn.Close()
}

// address takes an IPv6 host with or without its brackets.
func address(host string, port int) string {
	host = bare(host)
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return host + ":" + strconv.Itoa(port)
}

func bare(host string) string { return strings.Trim(cmp.Or(host, "127.0.0.1"), "[]") }

// addresses are those of a host in the order to try them; there are none where it takes a resolver, or the index of a zone, to know.
func addresses(host string) []netip.Addr {
	host = bare(host)
	if strings.EqualFold(host, "localhost") {
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}
	}
	ip, err := netip.ParseAddr(host)
	if err != nil || ip.Zone() != "" {
		return nil
	}
	return []netip.Addr{ip}
}

// dial connects to the first of the host's addresses that does not refuse; the error is that of the first.
func dial(ctx context.Context, host string, port int) (conn *os.File, first error) {
	for _, ip := range addresses(host) {
		conn, err := socket.DialTCP(ctx, netip.AddrPortFrom(ip, uint16(port)))
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
