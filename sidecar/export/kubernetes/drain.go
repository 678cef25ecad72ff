package kubernetes

import (
	"math"

	core "k8s.io/api/core/v1"

	"github.com/sidecar-buildpack/sidecar/sidecar/export"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// drain has a process go on working for its stop-delay-seconds, and then its pre-stop done, before it is told to stop.
func (e *exporter) drain(c *core.Container, p plan.Process) {
	delay := whole(p.StopDelaySeconds)
	if p.StopDelaySeconds != math.Trunc(p.StopDelaySeconds) {
		e.losses.Add(p.Name, "stop-delay-seconds", "%v is rounded up: Kubernetes counts whole seconds", p.StopDelaySeconds)
	}
	if handler := e.handler(p, delay); handler != nil {
		c.Lifecycle = &core.Lifecycle{PreStop: handler}
	}
}

// handler returns what the kubelet does before it stops the container; nil for nothing. There can be one thing.
func (e *exporter) handler(p plan.Process, delay int32) *core.LifecycleHandler {
	var hook []string
	switch {
	case p.PreStop == nil && delay == 0:
		return nil
	case p.PreStop == nil && e.options.Version >= sleepSince:
		return &core.LifecycleHandler{Sleep: &core.SleepAction{Seconds: int64(delay)}}
	case p.PreStop == nil:
	case p.PreStop.Exec != nil:
		hook = p.PreStop.Exec.Command
	default:
		check := p.PreStop.Within(p.StopGracePeriodSeconds)
		if check.Input() != "" {
			return e.ask(p, delay)
		}
		hook = export.Check(check)
	}
	if delay > 0 || p.PreStop.Exec != nil { // a check has a time of its own
		hook = export.PreStop(float64(delay), p.StopGracePeriodSeconds, hook)
	}
	return &core.LifecycleHandler{Exec: &core.ExecAction{Command: hook}}
}

// ask has the kubelet make the request of a pre-stop with headers, which can't be given to a helper.
func (e *exporter) ask(p plan.Process, delay int32) *core.LifecycleHandler {
	if delay > 0 {
		e.losses.Add(p.Name, "stop-delay-seconds", "it is left out: a container has one thing to do before it stops, and that is the pre-stop")
	}
	return &core.LifecycleHandler{HTTPGet: e.httpGet(p, *p.PreStop.HTTPGet, "pre-stop")}
}

// drainsEarly names when a native sidecar drains and shouldn't.
func (e *exporter) drainsEarly(p plan.Process) {
	for key, declared := range map[string]bool{"stop-delay-seconds": p.StopDelaySeconds > 0, "pre-stop": p.PreStop != nil} {
		if declared {
			e.losses.Add(p.Name, key, "Kubernetes does it as soon as the pod stops, and not when it is the sidecar's turn to; "+
				"and also before a failed probe ends the sidecar")
		}
	}
}
