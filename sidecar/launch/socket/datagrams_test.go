package socket_test

import (
	"net"
	"os"
	"testing"

	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/socket"
)

func TestDatagramsCarryCredentials(t *testing.T) {
	g := NewWithT(t)
	datagrams := listenDatagrams(t)
	message, control := make([]byte, 4), make([]byte, unix.CmsgSpace(unix.SizeofUcred))
	for _, c := range []struct {
		sent, got string
		truncated bool
	}{{"abc", "abc", false}, {"", "", false}, {"abcdef", "abcd", true}} {
		send(t, datagrams.Address, c.sent)
		n, controls, flags, err := datagrams.Receive(message, control)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(string(message[:n])).To(Equal(c.got))
		g.Expect(flags&unix.MSG_TRUNC != 0).To(Equal(c.truncated))
		parsed, err := unix.ParseSocketControlMessage(control[:controls])
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(parsed).To(HaveLen(1))
		sender, err := unix.ParseUnixCredentials(&parsed[0])
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(*sender).To(Equal(unix.Ucred{Pid: int32(os.Getpid()), Uid: uint32(os.Getuid()), Gid: uint32(os.Getgid())}))
	}
}

func TestDatagramsHaveTheirOwnNames(t *testing.T) {
	one, other := listenDatagrams(t), listenDatagrams(t)
	NewWithT(t).Expect(one.Address).To(MatchRegexp("^@[0-9a-f]+$"))
	NewWithT(t).Expect(one.Address).NotTo(Equal(other.Address))
}

func TestReceiveWaits(t *testing.T) {
	g := NewWithT(t)
	before := descriptors(t)
	datagrams := listenDatagrams(t)
	received := make(chan error, 1)
	receive := func() {
		_, _, _, err := datagrams.Receive(make([]byte, 4), nil)
		received <- err
	}

	go receive()
	g.Consistently(received, "20ms").ShouldNot(Receive())
	send(t, datagrams.Address, "abc")
	g.Eventually(received, "5s").Should(Receive(BeNil()))

	go receive()
	g.Consistently(received, "20ms").ShouldNot(Receive())
	g.Expect(datagrams.Close()).To(Succeed())
	g.Eventually(received, "5s").Should(Receive(MatchError(os.ErrClosed)))
	g.Expect(descriptors(t)).To(Equal(before))
}

func listenDatagrams(t *testing.T) *socket.Datagrams {
	datagrams, err := socket.ListenDatagrams()
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { _ = datagrams.Close() })
	return datagrams
}

func send(t *testing.T, address, message string) {
	g := NewWithT(t)
	sender, err := net.Dial("unixgram", address)
	g.Expect(err).NotTo(HaveOccurred())
	defer sender.Close()
	_, err = sender.Write([]byte(message))
	g.Expect(err).NotTo(HaveOccurred())
}
