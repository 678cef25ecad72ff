// Package probe holds what a health check asks for, in Kubernetes' words, and how it is asked.
package probe

import "time"

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

// HTTPGet passes on a status from 200 to 399.
type HTTPGet struct {
	Scheme  string            `toml:"scheme,omitempty"` // http (default) or https; https is not verified, as in Kubernetes
	Host    string            `toml:"host,omitempty"`   // default 127.0.0.1
	Port    int               `toml:"port"`
	Path    string            `toml:"path,omitempty"` // default /
	Headers map[string]string `toml:"headers,omitempty"`
}

// TCPSocket passes when a connection can be made.
type TCPSocket struct {
	Host string `toml:"host,omitempty"` // default 127.0.0.1
	Port int    `toml:"port"`
}

// Exec passes when the command exits 0 within the timeout.
type Exec struct {
	Command []string `toml:"command"`
}

// GRPC passes when the standard health service, grpc.health.v1, says SERVING.
type GRPC struct {
	Host    string `toml:"host,omitempty"` // default 127.0.0.1
	Port    int    `toml:"port"`
	Service string `toml:"service,omitempty"`
}

// Seconds is s as a Duration.
func Seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
