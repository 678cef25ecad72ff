package probe

import (
	"errors"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/socket"
)

// Notification is what a process says of itself, as sd_notify(3) has it.
type Notification struct {
	Ready    bool   // READY=1
	Stopping bool   // STOPPING=1
	Watchdog bool   // WATCHDOG=1
	Status   string // STATUS=…; empty where nothing new was said

	PID int    // the sender's, vouched for by the kernel; 0 where it is of a PID namespace that cannot be seen from here
	UID uint32 // the sender's
}

const (
	maxNotification = 4096 // bytes; the limit that systemd sets too
	maxDescriptors  = 1    // BARRIER=1 needs one; the kernel closes what there is no room for, so that strangers can't use up our own
)

// NotifySocket is where processes send their notifications. It has no file, so a read-only root does not matter.
type NotifySocket struct{ datagrams *socket.Datagrams }

// ListenNotify opens a socket in the abstract namespace, under a name that the kernel chooses: that namespace is shared by all
// that share a network namespace, such as the containers of a Pod.
func ListenNotify() (*NotifySocket, error) {
	datagrams, err := socket.ListenDatagrams()
	if err != nil {
		return nil, err
	}
	return &NotifySocket{datagrams}, nil
}

// Address is the value of NOTIFY_SOCKET for the processes that are to be heard.
func (s *NotifySocket) Address() string { return s.datagrams.Address }

// Serve hands each notification to deliver, in order, until Close, and then returns nil. Anyone in the network namespace can
// send: it is for deliver to refuse strangers by PID and UID. What is too long, or says nothing of interest, is left out.
// File descriptors that come along (FDSTORE=1, BARRIER=1) are closed once deliver has returned.
func (s *NotifySocket) Serve(deliver func(Notification)) error {
	message := make([]byte, maxNotification)
	control := make([]byte, unix.CmsgSpace(unix.SizeofUcred)+unix.CmsgSpace(4*maxDescriptors))
	for {
		n, controls, flags, err := s.datagrams.Receive(message, control)
		if errors.Is(err, os.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		sender, descriptors := parseControl(control[:controls])
		said := parseNotification(string(message[:n]))
		if sender != nil && flags&unix.MSG_TRUNC == 0 && said != (Notification{}) {
			said.PID, said.UID = int(sender.Pid), sender.Uid
			deliver(said)
		}
		for _, fd := range descriptors {
			_ = unix.Close(fd)
		}
	}
}

// Close ends Serve.
func (s *NotifySocket) Close() error { return s.datagrams.Close() }

func parseControl(control []byte) (sender *unix.Ucred, descriptors []int) {
	messages, _ := unix.ParseSocketControlMessage(control)
	for _, message := range messages {
		if credentials, err := unix.ParseUnixCredentials(&message); err == nil {
			sender = credentials
		}
		if passed, err := unix.ParseUnixRights(&message); err == nil {
			descriptors = append(descriptors, passed...)
		}
	}
	return sender, descriptors
}

// parseNotification reads assignments, one a line; a status that could disturb a terminal is ignored, as is what is unknown.
func parseNotification(message string) Notification {
	var said Notification
	for line := range strings.SplitSeq(message, "\n") {
		status, isStatus := strings.CutPrefix(line, "STATUS=")
		switch {
		case line == "READY=1":
			said.Ready = true
		case line == "STOPPING=1":
			said.Stopping = true
		case line == "WATCHDOG=1":
			said.Watchdog = true
		case isStatus && utf8.ValidString(status) && !strings.ContainsFunc(status, unicode.IsControl):
			said.Status = status
		}
	}
	return said
}
