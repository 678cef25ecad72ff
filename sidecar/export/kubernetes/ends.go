package kubernetes

import (
	"maps"
	"slices"

	core "k8s.io/api/core/v1"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// ends says after which ends a container is started again that is no native sidecar: by a restart policy of its own in a cluster that has
// container restart rules (KEP-5307).
func (e *exporter) ends(c *core.Container, p plan.Process) {
	if e.options.Version < restartRulesSince {
		e.endsByPod(p)
		return
	}
	policy := map[plan.Restart]core.ContainerRestartPolicy{
		plan.Never: core.ContainerRestartPolicyNever, plan.OnFailure: core.ContainerRestartPolicyOnFailure,
		plan.Always: core.ContainerRestartPolicyAlways,
	}[p.Restart]
	if rule := restartRule(p); rule != nil {
		policy = core.ContainerRestartPolicyNever
		c.RestartPolicyRules = []core.ContainerRestartRule{{Action: core.ContainerRestartRuleActionRestart, ExitCodes: rule}}
	}
	c.RestartPolicy = &policy
	if p.Restart != plan.Never || c.RestartPolicyRules != nil {
		e.restartsWithoutEnd(p)
	}
}

// endsOnce says when an init container that runs to its end is started again. In a pod that is not to end it is so after each failure: one
// with another policy would fail the pod, which its workload replaces at once.
func (e *exporter) endsOnce(c *core.Container, p plan.Process) {
	if p.Restart == plan.Always {
		e.losses.Add(p.Name, "restart", "%s: an init container that has succeeded is not started again", p.Restart)
		p.Restart = plan.OnFailure
	}
	if p.SuccessExitCodes != nil {
		e.losses.Add(p.Name, "success-exit-codes", "an init container succeeds with 0 alone")
	}
	if e.options.runsOnce() {
		e.ends(c, p)
		return
	}
	for key, codes := range exitCodes(p) {
		if key != "success-exit-codes" {
			e.losses.Add(p.Name, key, "%v: an init container is started again after any failure, or the pod would fail", codes)
		}
	}
	if p.Restart != plan.Never {
		e.restartsWithoutEnd(p)
	}
}

// endsByPod names what is lost of a process's restarts where the pod's policy is that of all its containers.
func (e *exporter) endsByPod(p plan.Process) {
	ofPod := plan.Always
	if e.options.runsOnce() {
		ofPod = plan.Never
	}
	if p.Restart != ofPod {
		e.losses.Add(p.Name, "restart", "a container has the pod's own policy: one of its own needs Kubernetes %v", restartRulesSince)
	}
	for key := range exitCodes(p) {
		e.losses.Add(p.Name, key, "a container has the pod's own policy: one of its own needs Kubernetes %v", restartRulesSince)
	}
}

// exitCodes returns those that are declared, by their keys.
func exitCodes(p plan.Process) map[string][]int {
	all := map[string][]int{"success-exit-codes": p.SuccessExitCodes, "restart-on-exit-codes": p.RestartOnExitCodes,
		"no-restart-on-exit-codes": p.NoRestartOnExitCodes}
	maps.DeleteFunc(all, func(_ string, codes []int) bool { return codes == nil })
	return all
}

// restartRule returns the exit codes after which a process is started again; nil where its policy alone says it.
func restartRule(p plan.Process) *core.ContainerRestartRuleOnExitCodes {
	again := slices.DeleteFunc(slices.Clone(p.RestartOnExitCodes), func(code int) bool {
		return slices.Contains(p.NoRestartOnExitCodes, code)
	})
	never := slices.Clone(p.NoRestartOnExitCodes)
	switch {
	case p.SuccessExitCodes == nil && p.RestartOnExitCodes == nil && p.NoRestartOnExitCodes == nil:
		return nil
	case p.Restart == plan.Never && again == nil:
		return nil
	case p.Restart == plan.Never:
		return &core.ContainerRestartRuleOnExitCodes{Operator: core.ContainerRestartRuleOnExitCodesOpIn, Values: numbers(again)}
	case p.Restart == plan.OnFailure && p.SuccessExitCodes == nil:
		never = append(never, 0)
	case p.Restart == plan.OnFailure:
		never = append(never, p.SuccessExitCodes...)
	}
	never = slices.DeleteFunc(never, func(code int) bool { return slices.Contains(again, code) })
	return &core.ContainerRestartRuleOnExitCodes{Operator: core.ContainerRestartRuleOnExitCodesOpNotIn, Values: numbers(never)}
}

// numbers returns exit codes as the API has them: sorted, each once, and never nil.
func numbers(codes []int) []int32 {
	slices.Sort(codes)
	values := []int32{}
	for _, code := range slices.Compact(codes) {
		values = append(values, int32(code))
	}
	return values
}

// endsAlways names what a native sidecar's restartPolicy Always does otherwise.
func (e *exporter) endsAlways(p plan.Process) {
	if p.Restart != plan.Always {
		e.losses.Add(p.Name, "restart", "%s: Kubernetes starts a native sidecar again whatever its exit", p.Restart)
	}
	for key, codes := range exitCodes(p) {
		e.losses.Add(p.Name, key, "%v: Kubernetes starts a native sidecar again whatever its exit", codes)
	}
	e.restartsWithoutEnd(p)
}

// restartsWithoutEnd names what bounds a process's restarts.
func (e *exporter) restartsWithoutEnd(p plan.Process) {
	const text = "Kubernetes restarts without end, after 10 s and up to 5 minutes; the pod is not ready while the sidecar is away"
	e.losses.Add(p.Name, "max-restarts", text)
	if p.Restart != plan.Never {
		e.losses.Add(p.Name, "restart-window-seconds", text)
	}
}
