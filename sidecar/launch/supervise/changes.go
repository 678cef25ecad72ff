package supervise

import (
	"context"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/machine"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/watch"
)

// watchFiles has the machine told of changes that a process declares to heed.
func (r *Supervisor) watchFiles() {
	for i := range r.children {
		on := r.children[i].OnChange
		if on == nil {
			continue
		}
		err := watch.Watch(on.Paths, func(path, state string) {
			r.onMain(context.Background(), func() { r.found(i, path, state) })
		})
		if err != nil {
			r.tell(machine.Info, r.titles[i]+" is not told of changes: "+err.Error())
		}
		r.agenda.after(watch.Quiet, func() { // it may have changed between the start and the watch
			for path, state := range watch.States(on.Paths) {
				r.found(i, path, state)
			}
		})
	}
}

// found tells the machine of a path's state unless child i was started with that, or hasn't been started. It may not be ready for a signal
// yet.
func (r *Supervisor) found(i int, path, state string) {
	if known := r.children[i].known; known != nil && known[path] != state {
		known[path] = state
		r.step(machine.Changed{At: r.now(), Proc: i, Path: path})
	}
}
