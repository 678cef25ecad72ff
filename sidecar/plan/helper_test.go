package plan_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func TestCommand(t *testing.T) {
	for name, c := range map[string]struct {
		probe   plan.Probe
		command []string
		helper  bool
	}{
		"http-get":              {plan.Probe{HTTPGet: &plan.HTTPGet{Port: 80}}, nil, false},
		"http-get, scheme http": {plan.Probe{HTTPGet: &plan.HTTPGet{Scheme: "http", Port: 80}}, nil, false},
		"tcp-socket":            {plan.Probe{TCPSocket: &plan.TCPSocket{Port: 80}}, nil, false},
		"localhost":             {plan.Probe{TCPSocket: &plan.TCPSocket{Host: "LocalHost", Port: 80}}, nil, false},
		"IPv6":                  {plan.Probe{HTTPGet: &plan.HTTPGet{Host: "[::1]", Port: 80}}, nil, false},
		"notify":                {plan.Probe{Notify: true}, nil, false},
		"exec": {
			plan.Probe{Exec: &plan.Exec{Command: []string{"pg_isready", "-q"}}},
			[]string{"pg_isready", "-q"}, false,
		},
		"http-get of a host's name": {
			plan.Probe{HTTPGet: &plan.HTTPGet{Host: "db.internal", Port: 80, Headers: map[string]string{"Accept": "a/b"}}},
			[]string{"bin/probe", "http", "--timeout", "1s", "--headers", "http://db.internal:80/"}, true,
		},
		"http-get of an IPv6 zone": {
			plan.Probe{HTTPGet: &plan.HTTPGet{Host: "fe80::1%eth0", Port: 80}},
			[]string{"bin/probe", "http", "--timeout", "1s", "http://[fe80::1%25eth0]:80/"}, true,
		},
		"tcp-socket of a host's name": {
			plan.Probe{TCPSocket: &plan.TCPSocket{Host: "db.internal", Port: 5432}, TimeoutSeconds: 3},
			[]string{"bin/probe", "tcp", "--timeout", "3s", "db.internal:5432"}, true,
		},
		"tcp-socket of an IPv6 zone": {
			plan.Probe{TCPSocket: &plan.TCPSocket{Host: "[fe80::1%eth0]", Port: 5432}},
			[]string{"bin/probe", "tcp", "--timeout", "1s", "[fe80::1%eth0]:5432"}, true,
		},
		"https": {
			plan.Probe{HTTPGet: &plan.HTTPGet{Scheme: "https", Port: 8443}},
			[]string{"bin/probe", "https", "--timeout", "1s", "https://127.0.0.1:8443/"}, true,
		},
		"https with everything": {
			plan.Probe{
				HTTPGet: &plan.HTTPGet{
					Scheme: "HTTPS", Host: "::1", Port: 8443, Path: "ready now",
					Headers: map[string]string{"Host": "app.example", "Accept": "a/b"},
				},
				TimeoutSeconds: 2.5,
			},
			[]string{"bin/probe", "https", "--timeout", "2.5s", "--headers", "https://[::1]:8443/ready%20now"}, true,
		},
		"grpc": {
			plan.Probe{GRPC: &plan.GRPC{Port: 50051}},
			[]string{"bin/probe", "grpc", "--timeout", "1s", "127.0.0.1:50051"}, true,
		},
		"grpc of one service": {
			plan.Probe{GRPC: &plan.GRPC{Host: "localhost", Port: 50051, Service: "shop.Cart"}, TimeoutSeconds: 0.25},
			[]string{"bin/probe", "grpc", "--timeout", "250ms", "localhost:50051", "shop.Cart"}, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			g.Expect(c.probe.Command("bin/probe")).To(Equal(c.command))
			g.Expect(c.probe.NeedsHelper()).To(Equal(c.helper))
		})
	}
}

func TestHeadersAreNoArguments(t *testing.T) {
	expect := NewWithT(t).Expect
	get := plan.HTTPGet{Scheme: "https", Port: 8443, Headers: map[string]string{"Host": "app.example", "Authorization": "Bearer secret"}}
	expect(plan.Probe{HTTPGet: &get}.Input()).To(Equal("Authorization: Bearer secret\nHost: app.example\n"))
	expect(plan.Probe{HTTPGet: &get}.Command("bin/probe")).NotTo(ContainElement(ContainSubstring("secret")))
	get.Scheme = "http"
	expect(plan.Probe{HTTPGet: &get}.Input()).To(BeEmpty(), "there is no helper")
}
