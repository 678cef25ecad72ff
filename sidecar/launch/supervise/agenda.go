package supervise

import (
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// agenda is what the main goroutine has to do.
type agenda struct {
	asked  chan func() // by others, who ring the bell then
	bell   bell
	alarms []*alarm // what is to be done later, the soonest first
}

// alarm is something to be done at a time.
type alarm struct {
	at time.Time
	do func()
}

// mostAsked is how many may ask something of the main goroutine without waiting until it has time for them.
const mostAsked = 64

func newAgenda(b bell) agenda { return agenda{asked: make(chan func(), mostAsked), bell: b} }

// after has do called after a while.
func (a *agenda) after(d time.Duration, do func()) *alarm {
	it := &alarm{at: time.Now().Add(d), do: do}
	i, _ := slices.BinarySearchFunc(a.alarms, it, func(x, y *alarm) int { return x.at.Compare(y.at) })
	a.alarms = slices.Insert(a.alarms, i, it)
	return it
}

// cancel keeps an alarm from being done, unless it has been.
func (a *agenda) cancel(it *alarm) {
	a.alarms = slices.DeleteFunc(a.alarms, func(other *alarm) bool { return other == it })
}

// due takes an alarm whose time has come, or nil.
func (a *agenda) due(now time.Time) *alarm {
	if len(a.alarms) == 0 || now.Before(a.alarms[0].at) {
		return nil
	}
	it := a.alarms[0]
	a.alarms = slices.Delete(a.alarms, 0, 1)
	return it
}

// rest waits for the next alarm or the bell. Nothing of the runtime's is awake meanwhile.
func (a *agenda) rest() {
	var due <-chan time.Time
	if len(a.alarms) > 0 {
		timer := time.NewTimer(time.Until(a.alarms[0].at))
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-a.bell.rung:
	case <-due:
	}
}

// watch waits as rest does, but in the kernel and on this very thread, where a signal interrupts it: the end of a child is known without
// hand-overs between threads, three of which are most of what it costs. The runtime looks after who waits there for some milliseconds.
func (a *agenda) watch() {
	var timeout *unix.Timespec
	if len(a.alarms) > 0 {
		left := unix.NsecToTimespec(int64(max(0, time.Until(a.alarms[0].at))))
		timeout = &left
	}
	a.bell.watch(timeout)
}

// bell wakes the main goroutine, for which each of its two ways to wait has a sign. It may be rung before that waits: what there is to do
// then is looked for after each wait.
type bell struct {
	rung    chan struct{}
	eventfd int
}

func newBell() (bell, error) {
	fd, err := newEventfd()
	return bell{make(chan struct{}, 1), fd}, err
}

func newEventfd() (int, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	return fd, os.NewSyscallError("eventfd", err)
}

func (b bell) ring() {
	select {
	case b.rung <- struct{}{}:
	default:
	}
	_, _ = unix.Write(b.eventfd, []byte{1, 0, 0, 0, 0, 0, 0, 0}) // any number of 64 bits but 0
}

// watch waits until the bell is rung, a signal comes or the time is over; nil is for ever.
func (b bell) watch(timeout *unix.Timespec) {
	polled := [...]unix.PollFd{{Fd: int32(b.eventfd), Events: unix.POLLIN}}
	if n, _ := unix.Ppoll(polled[:], timeout, nil); n > 0 {
		var count [8]byte
		_, _ = unix.Read(b.eventfd, count[:])
	}
}
