package socket_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/inet"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/socket"
)

func TestDialTCP(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		t.Run(address, func(t *testing.T) {
			listener, err := net.Listen("tcp", address)
			if err != nil {
				t.Skip("this machine has no such address: ", err)
			}
			defer listener.Close()
			g := NewWithT(t)
			ours, err := socket.DialTCP(context.Background(), endpoint(t, listener.Addr().String()))
			g.Expect(err).NotTo(HaveOccurred())
			defer ours.Close()
			theirs, err := listener.Accept()
			g.Expect(err).NotTo(HaveOccurred())
			expectConversation(t, ours, theirs)
		})
	}
}

func TestDialTCPOfIPv4InIPv6(t *testing.T) {
	listener := listenTCP(t)
	_, port, _ := strings.Cut(listener.Addr().String(), ":")
	connection, err := socket.DialTCP(context.Background(), endpoint(t, "[::ffff:127.0.0.1]:"+port))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	NewWithT(t).Expect(connection.Close()).To(Succeed())
}

// A client's own end gets one port after the other, which is now and then the very one that it asks for.
func TestDialTCPIsRefusedWhereNobodyListens(t *testing.T) {
	g := NewWithT(t)
	address := closedPort(t)
	before := descriptors(t)
	for range 32768 {
		if _, err := socket.DialTCP(context.Background(), address); !errors.Is(err, unix.ECONNREFUSED) {
			t.Fatal(err)
		}
	}
	g.Expect(descriptors(t)).To(Equal(before))
}

func TestDialTCPIsCancelled(t *testing.T) {
	g := NewWithT(t)
	address := silent(t)
	before := descriptors(t)

	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	_, err := socket.DialTCP(ctx, address)
	g.Expect(err).To(MatchError(context.DeadlineExceeded))

	ctx, cancel = context.WithCancel(context.Background())
	dialled := make(chan error, 1)
	go func() {
		_, err := socket.DialTCP(ctx, address)
		dialled <- err
	}()
	g.Consistently(dialled, "20ms").ShouldNot(Receive())
	cancel()
	g.Eventually(dialled, "5s").Should(Receive(MatchError(context.Canceled)))
	g.Expect(descriptors(t)).To(Equal(before))
}

func TestDialTCPOutlivesItsContext(t *testing.T) {
	g := NewWithT(t)
	listener := listenTCP(t)
	ctx, cancel := context.WithCancel(context.Background())
	ours, err := socket.DialTCP(ctx, endpoint(t, listener.Addr().String()))
	g.Expect(err).NotTo(HaveOccurred())
	defer ours.Close()
	cancel()
	theirs, err := listener.Accept()
	g.Expect(err).NotTo(HaveOccurred())
	expectConversation(t, ours, theirs)

	_, err = socket.DialTCP(ctx, endpoint(t, listener.Addr().String()))
	g.Expect(err).To(MatchError(context.Canceled))
}

func TestDeadline(t *testing.T) {
	g := NewWithT(t)
	connection, err := socket.DialTCP(context.Background(), endpoint(t, listenTCP(t).Addr().String()))
	g.Expect(err).NotTo(HaveOccurred())
	defer connection.Close()
	g.Expect(connection.SetDeadline(time.Now().Add(20 * time.Millisecond))).To(Succeed())
	_, err = connection.Read(make([]byte, 1))
	g.Expect(err).To(MatchError(os.ErrDeadlineExceeded))
}

func TestUnix(t *testing.T) {
	g := NewWithT(t)
	before := descriptors(t)
	name := "sidecar-socket-test-" + strconv.Itoa(os.Getpid())
	_, err := socket.DialUnix(name)
	g.Expect(err).To(MatchError(unix.ECONNREFUSED))

	listener, err := socket.ListenUnix(name)
	g.Expect(err).NotTo(HaveOccurred())
	_, err = socket.ListenUnix(name)
	g.Expect(err).To(MatchError(unix.EADDRINUSE))

	ours, err := socket.DialUnix(name)
	g.Expect(err).NotTo(HaveOccurred())
	theirs, err := socket.Accept(listener)
	g.Expect(err).NotTo(HaveOccurred())
	expectConversation(t, ours, theirs)

	for _, file := range []io.Closer{ours, listener} {
		g.Expect(file.Close()).To(Succeed())
	}
	g.Expect(descriptors(t)).To(Equal(before))
}

func TestAcceptWaits(t *testing.T) {
	g := NewWithT(t)
	name := "sidecar-socket-test-" + strconv.Itoa(os.Getpid())
	listener, err := socket.ListenUnix(name)
	g.Expect(err).NotTo(HaveOccurred())
	defer listener.Close()
	accepted := make(chan error, 1)
	accept := func() {
		connection, err := socket.Accept(listener)
		if err == nil {
			err = connection.Close()
		}
		accepted <- err
	}

	go accept()
	g.Consistently(accepted, "20ms").ShouldNot(Receive())
	connection, err := socket.DialUnix(name)
	g.Expect(err).NotTo(HaveOccurred())
	defer connection.Close()
	g.Eventually(accepted, "5s").Should(Receive(BeNil()))

	go accept()
	g.Consistently(accepted, "20ms").ShouldNot(Receive())
	g.Expect(listener.Close()).To(Succeed())
	g.Eventually(accepted, "5s").Should(Receive(MatchError(os.ErrClosed)))
	_, err = socket.Accept(listener)
	g.Expect(err).To(MatchError(os.ErrClosed))
}

func TestAcceptEndsAtTheDeadline(t *testing.T) {
	g := NewWithT(t)
	listener, err := socket.ListenUnix("sidecar-socket-test-" + strconv.Itoa(os.Getpid()))
	g.Expect(err).NotTo(HaveOccurred())
	defer listener.Close()
	g.Expect(listener.SetDeadline(time.Now().Add(20 * time.Millisecond))).To(Succeed())
	_, err = socket.Accept(listener)
	g.Expect(err).To(MatchError(os.ErrDeadlineExceeded))
}

func TestPeer(t *testing.T) {
	const variable = "SOCKET_TEST_PEER"
	if name := os.Getenv(variable); name != "" {
		connection, err := socket.DialUnix(name)
		if err == nil {
			_, err = io.ReadAll(connection)
		}
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		return
	}
	g := NewWithT(t)
	name := "sidecar-socket-test-" + strconv.Itoa(os.Getpid())
	listener, err := socket.ListenUnix(name)
	g.Expect(err).NotTo(HaveOccurred())
	defer listener.Close()
	g.Expect(listener.SetDeadline(time.Now().Add(30 * time.Second))).To(Succeed())
	client := exec.Command(os.Args[0], "-test.run=^TestPeer$")
	client.Env = append(os.Environ(), variable+"="+name)
	g.Expect(client.Start()).To(Succeed())
	connection, err := socket.Accept(listener)
	g.Expect(err).NotTo(HaveOccurred())
	peer, err := socket.Peer(connection)
	g.Expect(connection.Close()).To(Succeed())
	g.Expect(client.Wait()).To(Succeed())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(*peer).To(Equal(unix.Ucred{Pid: int32(client.Process.Pid), Uid: uint32(os.Getuid()), Gid: uint32(os.Getgid())}))
}

func TestPeerOfWhatIsNoSocket(t *testing.T) {
	file, err := os.Open(os.DevNull)
	g := NewWithT(t)
	g.Expect(err).NotTo(HaveOccurred())
	defer file.Close()
	_, err = socket.Peer(file)
	g.Expect(err).To(MatchError(unix.ENOTSOCK))
}

func TestNothingIsInherited(t *testing.T) {
	g := NewWithT(t)
	name := "sidecar-socket-test-" + strconv.Itoa(os.Getpid())
	listener, err := socket.ListenUnix(name)
	g.Expect(err).NotTo(HaveOccurred())
	defer listener.Close()
	ours, err := socket.DialUnix(name)
	g.Expect(err).NotTo(HaveOccurred())
	defer ours.Close()
	theirs, err := socket.Accept(listener)
	g.Expect(err).NotTo(HaveOccurred())
	defer theirs.Close()
	for _, file := range []*os.File{listener, ours, theirs} {
		raw, err := file.SyscallConn()
		g.Expect(err).NotTo(HaveOccurred())
		var flags int
		g.Expect(raw.Control(func(fd uintptr) { flags, err = unix.FcntlInt(fd, unix.F_GETFD, 0) })).To(Succeed())
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(flags & unix.FD_CLOEXEC).NotTo(BeZero())
	}
}

// expectConversation closes their end.
func expectConversation(t *testing.T, ours io.ReadWriter, theirs io.ReadWriteCloser) {
	t.Helper()
	g := NewWithT(t)
	heard := make([]byte, 4)
	_, err := io.WriteString(ours, "ping")
	g.Expect(err).NotTo(HaveOccurred())
	_, err = io.ReadFull(theirs, heard)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(heard)).To(Equal("ping"))
	_, err = io.WriteString(theirs, "pong")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(theirs.Close()).To(Succeed())
	answer, err := io.ReadAll(ours)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(answer)).To(Equal("pong"))
}

func listenTCP(t *testing.T) net.Listener {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { _ = listener.Close() })
	return listener
}

// closedPort is one of those that clients get: Linux gives them the even ones first.
func closedPort(t *testing.T) inet.Endpoint {
	for {
		even := listenTCP(t).Addr().(*net.TCPAddr)
		even.Port &^= 1
		if listener, err := net.ListenTCP("tcp4", even); err == nil {
			NewWithT(t).Expect(listener.Close()).To(Succeed())
			return endpoint(t, even.String())
		}
	}
}

func endpoint(t *testing.T, text string) inet.Endpoint {
	t.Helper()
	address, ok := inet.ParseEndpoint(text)
	NewWithT(t).Expect(ok).To(BeTrue(), text)
	return address
}

// silent is the address of a listener that takes no more connections: the kernel drops what asks for one.
func silent(t *testing.T) inet.Endpoint {
	g := NewWithT(t)
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { _ = unix.Close(fd) })
	g.Expect(unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})).To(Succeed())
	g.Expect(unix.Listen(fd, 0)).To(Succeed())
	own, err := unix.Getsockname(fd)
	g.Expect(err).NotTo(HaveOccurred())
	address := inet.Endpoint{Address: inet.From4([4]byte{127, 0, 0, 1}), Port: own.(*unix.SockaddrInet4).Port}
	first, err := socket.DialTCP(context.Background(), address)
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { _ = first.Close() })
	return address
}

// descriptors counts those that are open, once the runtime has opened its poller's.
func descriptors(t *testing.T) int {
	g := NewWithT(t)
	read, write, err := os.Pipe()
	g.Expect(err).NotTo(HaveOccurred())
	defer read.Close()
	defer write.Close()
	entries, err := os.ReadDir("/proc/self/fd")
	g.Expect(err).NotTo(HaveOccurred())
	return len(entries)
}
