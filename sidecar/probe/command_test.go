package probe_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/probe"
)

func TestCommand(t *testing.T) {
	for name, c := range map[string]struct {
		probe   probe.Probe
		command []string
		helper  bool
	}{
		"http-get":              {probe.Probe{HTTPGet: &probe.HTTPGet{Port: 80}}, nil, false},
		"http-get, scheme http": {probe.Probe{HTTPGet: &probe.HTTPGet{Scheme: "http", Port: 80}}, nil, false},
		"tcp-socket":            {probe.Probe{TCPSocket: &probe.TCPSocket{Port: 80}}, nil, false},
		"localhost":             {probe.Probe{TCPSocket: &probe.TCPSocket{Host: "LocalHost", Port: 80}}, nil, false},
		"IPv6":                  {probe.Probe{HTTPGet: &probe.HTTPGet{Host: "[::1]", Port: 80}}, nil, false},
		"notify":                {probe.Probe{Notify: true}, nil, false},
		"exec": {
			probe.Probe{Exec: &probe.Exec{Command: []string{"pg_isready", "-q"}}},
			[]string{"pg_isready", "-q"}, false,
		},
		"http-get of a host's name": {
			probe.Probe{HTTPGet: &probe.HTTPGet{Host: "db.internal", Port: 80, Headers: map[string]string{"Accept": "a/b"}}},
			[]string{"bin/probe", "http", "--timeout", "1s", "http://db.internal:80/", "Accept: a/b"}, true,
		},
		"http-get of an IPv6 zone": {
			probe.Probe{HTTPGet: &probe.HTTPGet{Host: "fe80::1%eth0", Port: 80}},
			[]string{"bin/probe", "http", "--timeout", "1s", "http://[fe80::1%25eth0]:80/"}, true,
		},
		"tcp-socket of a host's name": {
			probe.Probe{TCPSocket: &probe.TCPSocket{Host: "db.internal", Port: 5432}, TimeoutSeconds: 3},
			[]string{"bin/probe", "tcp", "--timeout", "3s", "db.internal:5432"}, true,
		},
		"tcp-socket of an IPv6 zone": {
			probe.Probe{TCPSocket: &probe.TCPSocket{Host: "[fe80::1%eth0]", Port: 5432}},
			[]string{"bin/probe", "tcp", "--timeout", "1s", "[fe80::1%eth0]:5432"}, true,
		},
		"https": {
			probe.Probe{HTTPGet: &probe.HTTPGet{Scheme: "https", Port: 8443}},
			[]string{"bin/probe", "https", "--timeout", "1s", "https://127.0.0.1:8443/"}, true,
		},
		"https with everything": {
			probe.Probe{
				HTTPGet: &probe.HTTPGet{
					Scheme: "HTTPS", Host: "::1", Port: 8443, Path: "ready now",
					Headers: map[string]string{"Host": "app.example", "Accept": "a/b"},
				},
				TimeoutSeconds: 2.5,
			},
			[]string{"bin/probe", "https", "--timeout", "2.5s", "https://[::1]:8443/ready%20now", "Accept: a/b", "Host: app.example"}, true,
		},
		"grpc": {
			probe.Probe{GRPC: &probe.GRPC{Port: 50051}},
			[]string{"bin/probe", "grpc", "--timeout", "1s", "127.0.0.1:50051"}, true,
		},
		"grpc of one service": {
			probe.Probe{GRPC: &probe.GRPC{Host: "localhost", Port: 50051, Service: "shop.Cart"}, TimeoutSeconds: 0.25},
			[]string{"bin/probe", "grpc", "--timeout", "250ms", "localhost:50051", "shop.Cart"}, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			g.Expect(c.probe.Command("bin/probe")).To(Equal(c.command))
			g.Expect(c.probe.Helper()).To(Equal(c.helper))
		})
	}
}
