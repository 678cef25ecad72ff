package kubernetes

import (
	"fmt"
	"strings"

	core "k8s.io/api/core/v1"
)

// fateDir is where a sidecar leaves a token at each start.
const fateDir = "/fate"

// leaveToken has a sidecar leave a new token whenever it starts. Its command goes through a shell for that.
func (e *exporter) leaveToken(c *core.Container, process string) {
	e.mountFate(c)
	throughShell(c, fmt.Sprintf("cat /proc/sys/kernel/random/uuid >%s/%s", fateDir, c.Name))
	text := "its end restarts the app, with the app's grace, a second or more later and not at once; " +
		"the container's exit code is the app's own; the image needs a shell"
	if e.options.runsOnce() {
		text = "its end ends the app, with its grace, a second or more later and not at once, and the Job fails unless the app exits with 0; " +
			"the image needs a shell"
	}
	e.losses.Add(process, "essential", "%s", text)
}

// compareTokens has the app restarted where a sidecar has been since the app's start.
func (e *exporter) compareTokens(app *core.Container, sidecars []string) {
	e.mountFate(app)
	var copies, checks []string
	for _, name := range sidecars {
		copies = append(copies, fmt.Sprintf("cat %s/%s >/tmp/fate-%s", fateDir, name, name))
		checks = append(checks, fmt.Sprintf(`[ "$(cat %s/%s)" = "$(cat /tmp/fate-%s)" ]`, fateDir, name, name))
	}
	throughShell(app, strings.Join(copies, " && "))
	app.LivenessProbe = &core.Probe{
		ProbeHandler:  core.ProbeHandler{Exec: &core.ExecAction{Command: []string{"/bin/sh", "-c", strings.Join(checks, " && ")}}},
		PeriodSeconds: 1, TimeoutSeconds: 10, SuccessThreshold: 1, FailureThreshold: 1, // a slow check is no sidecar's end
	}
}

// throughShell has a shell do something first, and then become the container's own command.
func throughShell(c *core.Container, first string) {
	c.Command = append(append([]string{"/bin/sh", "-c", first + ` && exec "$0" "$@"`}, c.Command...), c.Args...)
	c.Args = nil
}

func (e *exporter) mountFate(c *core.Container) {
	c.VolumeMounts = append(c.VolumeMounts, core.VolumeMount{Name: "fate", MountPath: fateDir})
	for _, v := range e.volumes {
		if v.Name == "fate" {
			return
		}
	}
	e.volumes = append(e.volumes, emptyDir("fate"))
}

// restartAll has the end of a process's container restart all of the pod (KEP-5532). NotIn of nothing is any exit code.
func (e *exporter) restartAll(c *core.Container, process string) {
	if c.RestartPolicy == nil {
		always := core.ContainerRestartPolicyAlways
		c.RestartPolicy = &always
	}
	c.RestartPolicyRules = []core.ContainerRestartRule{{
		Action:    core.ContainerRestartRuleActionRestartAllContainers,
		ExitCodes: &core.ContainerRestartRuleOnExitCodes{Operator: core.ContainerRestartRuleOnExitCodesOpNotIn, Values: []int32{}},
	}}
	e.losses.Add(process, "essential", "RestartAllContainers gives each container 2 s whatever its grace, runs no preStop, has no backoff, "+
		"and loses the cause of death; a failed liveness probe does not count")
}
