package probe_test

import (
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/probe"
)

func TestNotifications(t *testing.T) {
	for name, c := range map[string]struct {
		message string
		want    probe.Notification
	}{
		"ready":    {"READY=1", probe.Notification{Ready: true}},
		"line end": {"READY=1\n", probe.Notification{Ready: true}},
		"several": {
			"READY=1\nSTATUS=42 peers, ü\nWATCHDOG=1\nMAINPID=7", probe.Notification{Ready: true, Watchdog: true, Status: "42 peers, ü"},
		},
		"stopping":        {"STOPPING=1\nSTATUS=a=b", probe.Notification{Stopping: true, Status: "a=b"}},
		"as long as may":  {"STATUS=" + strings.Repeat("x", 4089), probe.Notification{Status: strings.Repeat("x", 4089)}},
		"last status":     {"STATUS=a\nSTATUS=b", probe.Notification{Status: "b"}},
		"escapes":         {"STATUS=\x1b[2J\nREADY=1", probe.Notification{Ready: true}},
		"not UTF-8":       {"STATUS=\xff\nREADY=1", probe.Notification{Ready: true}},
		"unknown ignored": {"READY=0\nready=1\n READY=1\nRELOADING=1\nWATCHDOG=trigger\nWATCHDOG=1", probe.Notification{Watchdog: true}},
	} {
		t.Run(name, func(t *testing.T) {
			socket, notifications := listen(t)
			c.want.PID, c.want.UID = os.Getpid(), uint32(os.Getuid())
			send(t, socket, c.message, nil)
			NewWithT(t).Eventually(notifications, "5s").Should(Receive(Equal(c.want)))
		})
	}
}

func TestMessagesWithoutInterestAreLeftOut(t *testing.T) {
	socket, notifications := listen(t)
	for _, message := range []string{"", "\n", "RELOADING=1", "READY", "\x00", "READY=1\nSTATUS=" + strings.Repeat("x", 4096)} {
		send(t, socket, message, nil)
	}
	send(t, socket, "STATUS=last", nil)
	g := NewWithT(t)
	var first probe.Notification
	g.Eventually(notifications, "5s").Should(Receive(&first))
	g.Expect(first.Status).To(Equal("last"))
	g.Expect(notifications).NotTo(Receive())
}

func TestSenderIsKnown(t *testing.T) {
	if address := os.Getenv("NOTIFY_SOCKET"); os.Getenv("NOTIFY_TEST_SENDER") != "" {
		conn, err := net.Dial("unixgram", address)
		if err == nil {
			_, err = conn.Write([]byte("READY=1"))
		}
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		return
	}
	socket, notifications := listen(t)
	sender := exec.Command(os.Args[0], "-test.run=^TestSenderIsKnown$")
	sender.Env = append(os.Environ(), "NOTIFY_TEST_SENDER=1", "NOTIFY_SOCKET="+socket.Address())
	g := NewWithT(t)
	output, err := sender.CombinedOutput()
	g.Expect(err).NotTo(HaveOccurred(), string(output))
	want := probe.Notification{Ready: true, PID: sender.Process.Pid, UID: uint32(os.Getuid())}
	g.Eventually(notifications, "5s").Should(Receive(Equal(want)))
}

// A sender of BARRIER=1 waits until its descriptor is closed at the other end.
func TestPassedDescriptorsAreClosed(t *testing.T) {
	g := NewWithT(t)
	socket, notifications := listen(t)
	read, write, err := os.Pipe()
	g.Expect(err).NotTo(HaveOccurred())
	defer read.Close()
	many := make([]int, 253)
	for i := range many {
		many[i] = int(write.Fd())
	}
	send(t, socket, "FDSTORE=1\nREADY=1", unix.UnixRights(many...))
	send(t, socket, "BARRIER=1", unix.UnixRights(many[0]))
	g.Expect(write.Close()).To(Succeed())
	_, err = read.Read(make([]byte, 1))
	g.Expect(err).To(MatchError("EOF"))
	g.Expect(notifications).To(Receive(HaveField("Ready", true)))
}

func TestNotifySocketNames(t *testing.T) {
	g := NewWithT(t)
	one, _ := listen(t)
	other, _ := listen(t)
	g.Expect(one.Address()).To(HavePrefix("@"))
	g.Expect(one.Address()).NotTo(Equal(other.Address()))
}

func TestSystemdNotify(t *testing.T) {
	command, err := exec.LookPath("systemd-notify")
	if err != nil {
		t.Skip(err)
	}
	socket, notifications := listen(t)
	sender := exec.Command(command, "--ready", "--status=up")
	sender.Env = append(os.Environ(), "NOTIFY_SOCKET="+socket.Address())
	g := NewWithT(t)
	output, err := sender.CombinedOutput()
	g.Expect(err).NotTo(HaveOccurred(), string(output))
	g.Eventually(notifications, "5s").Should(Receive(And(HaveField("Ready", true), HaveField("Status", "up"))))
}

// listen serves until the end of the test, and sees to it that Serve ends without an error.
func listen(t *testing.T) (*probe.NotifySocket, <-chan probe.Notification) {
	t.Helper()
	g := NewWithT(t)
	socket, err := probe.ListenNotify()
	g.Expect(err).NotTo(HaveOccurred())
	notifications := make(chan probe.Notification, 10)
	served := make(chan error, 1)
	go func() { served <- socket.Serve(func(n probe.Notification) { notifications <- n }) }()
	t.Cleanup(func() {
		g.Expect(socket.Close()).To(Succeed())
		g.Eventually(served, "5s").Should(Receive(BeNil()))
	})
	return socket, notifications
}

func send(t *testing.T, socket *probe.NotifySocket, message string, control []byte) {
	t.Helper()
	g := NewWithT(t)
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Net: "unixgram"})
	g.Expect(err).NotTo(HaveOccurred())
	defer conn.Close()
	_, _, err = conn.WriteMsgUnix([]byte(message), control, &net.UnixAddr{Net: "unixgram", Name: socket.Address()})
	g.Expect(err).NotTo(HaveOccurred())
}
