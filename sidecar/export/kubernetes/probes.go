package kubernetes

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/sidecar-buildpack/sidecar/sidecar/export"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// probes sets a container's probes. Where others wait for its readiness it is gated: only a startup probe holds up the next container.
func (e *exporter) probes(c *core.Container, p plan.Process, gated bool) {
	var ready *core.Probe
	if p.Essential || gated {
		ready = e.probe(p, p.ReadinessProbe, "readiness-probe")
	}
	c.LivenessProbe = e.probe(p, p.LivenessProbe, "liveness-probe")
	if gated && ready != nil {
		e.gate(c, p, ready)
	} else {
		c.StartupProbe = e.probe(p, p.StartupProbe, "startup-probe")
	}
	for _, ends := range []*core.Probe{c.StartupProbe, c.LivenessProbe} {
		if ends != nil {
			grace := max(1, int64(math.Ceil(export.StopSeconds(p))))
			ends.TerminationGracePeriodSeconds = &grace
		}
	}
	switch {
	case p.Essential:
		c.ReadinessProbe = ready
	case p.ReadinessProbe != nil:
		e.losses.Add(p.Name, "readiness-probe", "Kubernetes does not ask it once the sidecar has started: the pod would not be ready either")
	}
}

// gate makes the startup probe that others wait for of the readiness probe.
func (e *exporter) gate(c *core.Container, p plan.Process, ready *core.Probe) {
	if p.StartupProbe != nil {
		e.losses.Add(p.Name, "startup-probe", "its check is left out: others wait for readiness, and a container has one startup probe")
	}
	if c.LivenessProbe != nil {
		e.losses.Add(p.Name, "liveness-probe", "Kubernetes asks it only once the sidecar has been ready")
	}
	if p.ReadinessProbe.SuccessThreshold > 1 {
		e.losses.Add(p.Name, "readiness-probe.success-threshold", "others wait for one success, not %d", p.ReadinessProbe.SuccessThreshold)
	}
	c.StartupProbe = ready.DeepCopy()
	c.StartupProbe.PeriodSeconds, c.StartupProbe.SuccessThreshold, c.StartupProbe.FailureThreshold = 1, 1, export.PatienceSeconds
}

// probe returns Kubernetes' form of a probe; nil where it has none.
func (e *exporter) probe(p plan.Process, from *plan.Probe, key string) *core.Probe {
	if from == nil {
		return nil
	}
	probe := &core.Probe{
		InitialDelaySeconds: whole(from.InitialDelaySeconds),
		PeriodSeconds:       max(1, whole(from.PeriodSeconds)),
		TimeoutSeconds:      max(1, whole(cmp.Or(from.TimeoutSeconds, 1))),
		SuccessThreshold:    int32(from.SuccessThreshold),
		FailureThreshold:    int32(from.FailureThreshold),
	}
	for name, seconds := range map[string]float64{"initial-delay-seconds": from.InitialDelaySeconds,
		"period-seconds": from.PeriodSeconds, "timeout-seconds": from.TimeoutSeconds} {
		if seconds != math.Trunc(seconds) {
			e.losses.Add(p.Name, key+"."+name, "%v is rounded up: Kubernetes counts whole seconds", seconds)
		}
	}
	switch {
	case asksInside(from):
		probe.Exec = &core.ExecAction{Command: export.Check(*from)}
	case from.HTTPGet != nil:
		probe.HTTPGet = e.httpGet(p, *from.HTTPGet, key)
	case from.Exec != nil:
		probe.Exec = &core.ExecAction{Command: from.Exec.Command}
	default:
		e.losses.Add(p.Name, key+".notify", "Kubernetes hears no sd_notify: the probe is left out; give it another check")
		return nil
	}
	return probe
}

func (e *exporter) httpGet(p plan.Process, get plan.HTTPGet, key string) *core.HTTPGetAction {
	action := &core.HTTPGetAction{Port: intstr.FromInt(get.Port), Path: get.Target(), Host: e.host(p, get.Host, key)}
	if get.Scheme != "" {
		action.Scheme = core.URIScheme(strings.ToUpper(get.Scheme))
	}
	for _, name := range slices.Sorted(maps.Keys(get.Headers)) {
		action.HTTPHeaders = append(action.HTTPHeaders, core.HTTPHeader{Name: name, Value: get.Headers[name]})
	}
	return action
}

// asksInside reports whether a probe is asked from inside of its container, as the supervisor does: there 127.0.0.1 is its own, and names
// are those that it knows. Headers can't be given to a helper so.
func asksInside(p *plan.Probe) bool {
	return p.TCPSocket != nil || p.GRPC != nil || p.HTTPGet != nil && p.Input() == ""
}

// host returns the host that the kubelet asks; empty is the pod's own address.
func (e *exporter) host(p plan.Process, host, key string) string {
	if !export.Local(host) {
		e.losses.Add(p.Name, key, "the kubelet asks %s from the node, with the node's names and network", host)
		return host
	}
	e.losses.Add(p.Name, key, "the kubelet asks the pod's address: the process must listen there, not on 127.0.0.1 alone")
	return ""
}

// whole returns seconds rounded up, as Kubernetes counts them.
func whole(seconds float64) int32 { return int32(math.Ceil(seconds)) }
