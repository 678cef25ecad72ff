package supervise

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sidecar-buildpack/sidecar/sidecar/fault"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/logs"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/machine"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// Status is what is known of one process.
type Status struct {
	machine.View
	Name    string
	Type    string        // its process type: the app's, or a sidecar's own, which is its slug
	PID     int           // 0 where it doesn't run
	Used    plan.Size     // PSS of the process and all below it
	Share   plan.Size     // of the container's memory; 0: none is known
	Uptime  time.Duration // 0 where it doesn't run
	Message string        // what it last said of itself (sd_notify's STATUS)
	Waiting time.Duration // how long it has waited to be started; 0 where it does not wait

	Essential bool
	Checks    [plan.ProbeKinds]Checks // of those probes that it has
}

// Status looks at all processes. Their memory is read where it is wanted, beside the main goroutine, since that may take a while.
func (r *Supervisor) Status(measure bool) (all []Status) {
	r.onMain(context.Background(), func() {
		for i := range r.children {
			all = append(all, r.statusOf(i))
		}
	})
	for i := range all {
		if measure && all[i].PID != 0 {
			all[i].Used = plan.Size(memoryOf(all[i].PID))
		}
	}
	return all
}

func (r *Supervisor) statusOf(i int) Status {
	c := &r.children[i]
	s := Status{
		View: r.state.View(i), Name: c.Name, Type: r.typeOf(i), PID: c.pid, Share: r.launch.Processes[i].Share, Message: c.said.status,
		Essential: c.Essential || i == len(r.children)-1,
	}
	for kind := range r.checks[i] {
		s.Checks[kind] = r.checks[i][kind].read()
	}
	if len(s.Waits) > 0 {
		s.Waiting = time.Since(r.start) - s.WaitingSince
	}
	if c.pid != 0 {
		s.Uptime = time.Since(c.spawnedAt)
	}
	return s
}

// Probe carries out all probes of a process now and says what each finds, in a line each.
func (r *Supervisor) Probe(name string) (lines string, err error) {
	i, err := r.find(name) // names never change, so any goroutine may look
	if err != nil {
		return "", err
	}
	for kind := range plan.ProbeKind(plan.ProbeKinds) {
		if r.settings(i, kind) == nil {
			continue
		}
		if err := r.check(context.Background(), i, kind); err != nil {
			return lines, fault.Wrap(kind.String()+" probe of "+name+": ", err)
		}
		lines += kind.String() + " probe of " + name + ": passed\n"
	}
	if lines == "" {
		return "", errors.New(name + " has no probe")
	}
	return lines, nil
}

// find returns the index of a process, as Find does.
func (r *Supervisor) find(name string) (int, error) {
	all := make([]Status, len(r.children))
	for i := range r.children { // of which only the name is read: what else a child has belongs to the main goroutine
		all[i].Name, all[i].Type = r.children[i].Name, r.typeOf(i)
	}
	return Find(all, name)
}

func (r *Supervisor) typeOf(i int) string {
	if i == len(r.children)-1 {
		return r.plan.Type
	}
	return plan.Slug(r.children[i].Name)
}

// Find returns the index of the process of all that goes by a name: its own or, where nobody has that, its process type.
func Find(all []Status, name string) (int, error) {
	var names []string
	for _, s := range all {
		names = append(names, s.Name)
	}
	if i := slices.Index(names, name); i >= 0 {
		return i, nil
	}
	for i, s := range slices.Backward(all) { // the app first, which is the last
		if s.Type == name {
			return i, nil
		}
	}
	return 0, errors.New("there is no process " + strconv.Quote(name) + " here; there are: " + strings.Join(names, ", "))
}

// Recent returns a process's last lines. An error says why none are kept.
func (r *Supervisor) Recent(name string) (*logs.Recent, error) {
	i, err := r.find(name)
	switch recent := r.logs.Recent(r.children[max(i, 0)].Name); {
	case err != nil:
		return nil, err
	case recent != nil:
		return recent, nil
	case r.launch.LogBuffer == 0:
		return nil, errors.New("no lines are kept: set BPL_SIDECAR_LOG_BUFFER to how much to keep of each process, such as 64K")
	case r.children[i].Logs == plan.Raw:
		return nil, errors.New(name + ` writes its output itself, so none of it is kept: declare logs = "prefix" or "json"`)
	}
	return nil, errors.New(name + " has not been started yet")
}
