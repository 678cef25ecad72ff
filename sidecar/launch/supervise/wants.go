package supervise

import (
	"errors"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/machine"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// A process that can't be started for want of something of ours is tried again for five seconds.
const (
	spawnTries = 20
	spawnPause = 250 * time.Millisecond
)

// isOwnWant reports whether an error says that we lack processes, descriptors or memory, which is nobody else's failure.
func isOwnWant(err error) bool {
	return slices.ContainsFunc([]syscall.Errno{unix.EAGAIN, unix.ENOMEM, unix.EMFILE, unix.ENFILE, unix.ENOBUFS},
		func(want syscall.Errno) bool { return errors.Is(err, want) })
}

// spawnLater has a child spawned again after a while, and reports false when it has been tried often enough.
func (r *Supervisor) spawnLater(i int, err error) bool {
	c := &r.children[i]
	if c.tries == spawnTries || r.state.Stopping() {
		return false
	}
	if c.tries++; c.tries == 1 {
		r.tell(machine.Info, r.titles[i]+" can't be started yet: "+err.Error()+"; trying again for "+(spawnTries*spawnPause).String())
	}
	r.agenda.after(spawnPause, func() {
		if r.state.Stopping() {
			r.notSpawned(i, err)
			return
		}
		r.spawn(i)
	})
	return true
}

// notCarriedOut is why there is no result of a check, such as a want of ours.
type notCarriedOut struct{ error }

func (n notCarriedOut) Unwrap() error { return n.error }

// isNoResult reports whether a check has not been carried out, so that its error says nothing of the process.
func isNoResult(err error) bool {
	var not notCarriedOut
	return errors.As(err, &not) || isOwnWant(err)
}

// tellNoResult says why a probe has no result, once until it has one again.
func (r *Supervisor) tellNoResult(i int, kind plan.ProbeKind, err error) {
	if c := &r.children[i]; !c.unprobed[kind] {
		c.unprobed[kind] = true
		r.tell(machine.Info, r.titles[i]+" can't be checked by its "+kind.String()+" probe: "+err.Error())
	}
}
