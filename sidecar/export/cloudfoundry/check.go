package cloudfoundry

import (
	"math"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/export"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// check is how Cloud Foundry sees whether a process is well.
type check struct {
	Kind         string `yaml:"health-check-type,omitempty"`
	Path         string `yaml:"health-check-http-endpoint,omitempty"`
	Interval     int    `yaml:"health-check-interval,omitempty"`
	Patience     int    `yaml:"health-check-invocation-timeout,omitempty"`
	StartTimeout int    `yaml:"timeout,omitempty"`

	ReadyKind     string `yaml:"readiness-health-check-type,omitempty"`
	ReadyPath     string `yaml:"readiness-health-check-http-endpoint,omitempty"`
	ReadyInterval int    `yaml:"readiness-health-check-interval,omitempty"`
	ReadyPatience int    `yaml:"readiness-health-check-invocation-timeout,omitempty"`
}

// appPort is the one that Cloud Foundry gives to an app as $PORT, and asks.
const appPort = 8080

// The kinds of checks.
const (
	byHTTP = "http"
	byPort = "port"
)

// checks returns the checks of the app's own process, and names what of [app] is lost.
func (e *exporter) checks(app declare.App) (c check) {
	for _, key := range app.Declared() {
		if !strings.HasSuffix(key, "-probe") {
			e.lose(plan.AppName, key)
		}
	}
	if probe := app.LivenessProbe; probe != nil {
		if c.Kind, c.Path = e.kind(*probe, "liveness-probe"); c.Kind != "" {
			c.Interval, c.Patience = whole(probe.PeriodSeconds), whole(probe.TimeoutSeconds)
		}
	}
	if app.StartupProbe != nil {
		e.start(&c, app)
	}
	if probe := app.ReadinessProbe; probe != nil {
		if c.ReadyKind, c.ReadyPath = e.kind(*probe, "readiness-probe"); c.ReadyKind != "" {
			c.ReadyInterval, c.ReadyPatience = whole(probe.PeriodSeconds), whole(probe.TimeoutSeconds)
		}
	}
	return c
}

// longestStart is the most seconds that Cloud Foundry allows for a start by default (cc.maximum_health_check_timeout).
const longestStart = 180

// start has the check of the app's startup probe made while it starts. That is the one check that Cloud Foundry goes on with.
func (e *exporter) start(c *check, app declare.App) {
	const key = "startup-probe"
	probe := *app.StartupProbe
	c.StartTimeout = whole(probe.InitialDelaySeconds + probe.PeriodSeconds*float64(probe.FailureThreshold))
	if c.StartTimeout > longestStart {
		e.losses.Add(plan.AppName, key, "Cloud Foundry takes %d s for a start at most, unless its operator allows these %d", longestStart,
			c.StartTimeout)
	}
	if c.Kind == "" {
		if c.Kind, c.Path = e.kind(probe, key); c.Kind != "" {
			c.Patience = whole(probe.TimeoutSeconds)
			e.losses.Add(plan.AppName, key, "Cloud Foundry makes this check as long as the app runs, and one that fails is enough")
		}
		return
	}
	if kind, path, port := asks(probe); kind != c.Kind || path != c.Path || port != appPort {
		e.losses.Add(plan.AppName, key, "Cloud Foundry makes the check of the liveness probe while the app starts")
	}
}

// asks returns the kind, path and port of a check that Cloud Foundry could make; no kind where it could not.
func asks(probe plan.Probe) (kind, path string, port int) {
	switch get, tcp := probe.HTTPGet, probe.TCPSocket; {
	case get != nil && get.Scheme != "https" && export.Local(get.Host) && len(get.Headers) == 0:
		return byHTTP, get.Target(), get.Port
	case tcp != nil && export.Local(tcp.Host):
		return byPort, "", tcp.Port
	}
	return "", "", 0
}

// kind returns Cloud Foundry's kind of a check, and the path that it asks; neither where it can't make the check.
func (e *exporter) kind(probe plan.Probe, key string) (string, string) {
	kind, path, port := asks(probe)
	switch {
	case kind == "":
		e.losses.Add(plan.AppName, key, "Cloud Foundry checks an app by plain http or by its port alone")
		return "", ""
	case port != appPort:
		e.losses.Add(plan.AppName, key, "Cloud Foundry asks the app's own port, %d, and not %d", appPort, port)
		return "", ""
	case probe.FailureThreshold != 1 && key != "startup-probe":
		e.losses.Add(plan.AppName, key+".failure-threshold", "one failed check is enough for Cloud Foundry")
	}
	if probe.SuccessThreshold > 1 {
		e.losses.Add(plan.AppName, key+".success-threshold", "one check that passes is enough for Cloud Foundry")
	}
	if probe.InitialDelaySeconds > 0 && key != "startup-probe" {
		e.losses.Add(plan.AppName, key+".initial-delay-seconds", "Cloud Foundry checks from the start on")
	}
	return kind, path
}

// whole returns seconds rounded up, at least 1.
func whole(seconds float64) int { return max(1, int(math.Ceil(seconds))) }
