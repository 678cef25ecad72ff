package supervise

import (
	"context"
	"time"

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
		err := watch.Watch(on.Paths, func(path string, last time.Time) {
			r.onMain(context.Background(), func() {
				if last.Before(r.children[i].spawnedAt) {
					return // it was started with what is there now, and may not be ready for a signal yet
				}
				r.step(machine.Changed{At: r.now(), Proc: i, Path: path})
			})
		})
		if err != nil {
			r.tell(machine.Info, r.titles[i]+" is not told of changes: "+err.Error())
		}
	}
}
