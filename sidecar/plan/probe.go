package plan

import "time"

// ProbeKind is one of Kubernetes' three probes.
type ProbeKind int

// The probes: startup until the process has started, readiness and liveness from then on.
const (
	Startup ProbeKind = iota
	Readiness
	Liveness
	ProbeKinds = iota // how many there are
)

func (k ProbeKind) String() string { return [ProbeKinds]string{"startup", "readiness", "liveness"}[k] }

// Key is what the declaration and the plan's file call it, such as startup-probe.
func (k ProbeKind) Key() string { return k.String() + "-probe" }

// Probes are the probes of one process; nil where it has none of that kind.
type Probes struct {
	StartupProbe   *Probe `toml:"startup-probe,omitempty"`
	ReadinessProbe *Probe `toml:"readiness-probe,omitempty"`
	LivenessProbe  *Probe `toml:"liveness-probe,omitempty"`
}

// All returns the probes by their kind.
func (p Probes) All() [ProbeKinds]*Probe {
	return [ProbeKinds]*Probe{p.StartupProbe, p.ReadinessProbe, p.LivenessProbe}
}

// Probe is one check of a process's health. Exactly one of HTTPGet, TCPSocket, Exec, GRPC and Notify is set.
// Names and defaults are those of Kubernetes' core/v1 Probe.
type Probe struct {
	HTTPGet   *HTTPGet   `toml:"http-get,omitempty"`
	TCPSocket *TCPSocket `toml:"tcp-socket,omitempty"`
	Exec      *Exec      `toml:"exec,omitempty"`
	GRPC      *GRPC      `toml:"grpc,omitempty"`
	// Notify waits for the process to speak by itself as sd_notify(3) has it: READY=1 for startup and readiness, WATCHDOG=1 for liveness.
	Notify bool `toml:"notify,omitempty"`

	InitialDelaySeconds float64 `toml:"initial-delay-seconds,omitempty"` // default 0
	PeriodSeconds       float64 `toml:"period-seconds"`                  // default 10
	TimeoutSeconds      float64 `toml:"timeout-seconds"`                 // default 1
	SuccessThreshold    int     `toml:"success-threshold"`               // default 1; must be 1 for startup and liveness
	FailureThreshold    int     `toml:"failure-threshold"`               // default 3
}

func (p *Probe) rows() []row {
	return []row{
		{"notify", &p.Notify}, {"initial-delay-seconds", &p.InitialDelaySeconds}, {"period-seconds", &p.PeriodSeconds},
		{"timeout-seconds", &p.TimeoutSeconds}, {"success-threshold", &p.SuccessThreshold}, {"failure-threshold", &p.FailureThreshold},
		{"http-get", &p.HTTPGet}, {"tcp-socket", &p.TCPSocket}, {"exec", &p.Exec}, {"grpc", &p.GRPC},
	}
}

// HTTPGet passes on a status from 200 to 399.
type HTTPGet struct {
	Scheme  string            `toml:"scheme,omitempty"` // http (default) or https; https is not verified, as in Kubernetes
	Host    string            `toml:"host,omitempty"`   // default 127.0.0.1
	Port    int               `toml:"port"`
	Path    string            `toml:"path,omitempty"` // default /
	Headers map[string]string `toml:"headers,omitempty"`
}

func (h *HTTPGet) rows() []row {
	return []row{{"scheme", &h.Scheme}, {"host", &h.Host}, {"port", &h.Port}, {"path", &h.Path}, {"headers", &h.Headers}}
}

// TCPSocket passes when a connection can be made.
type TCPSocket struct {
	Host string `toml:"host,omitempty"` // default 127.0.0.1
	Port int    `toml:"port"`
}

func (t *TCPSocket) rows() []row { return []row{{"host", &t.Host}, {"port", &t.Port}} }

// Exec passes when the command exits 0 within the timeout.
type Exec struct {
	Command []string `toml:"command"`
}

func (e *Exec) rows() []row { return []row{{"command", &e.Command}} }

// GRPC passes when the standard health service, grpc.health.v1, says SERVING.
type GRPC struct {
	Host    string `toml:"host,omitempty"` // default 127.0.0.1
	Port    int    `toml:"port"`
	Service string `toml:"service,omitempty"`
}

func (g *GRPC) rows() []row {
	return []row{{"host", &g.Host}, {"port", &g.Port}, {"service", &g.Service}}
}

// Seconds returns s seconds as a Duration.
func Seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
