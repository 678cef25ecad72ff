package cli

import (
	"context"
	"strconv"
	"strings"

	healthcheck "github.com/sidecar-buildpack/sidecar/sidecar/launch/probe"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// check reads [--timeout SECONDS] URL [HEADER: VALUE...] and makes one health check as a probe does, where no supervisor runs: a platform
// outside of the container cannot ask what listens on its loopback interface.
func check(name string, args []string) (int, error) {
	flags := newFlags(name)
	timeout := flags.number("timeout", 1)
	words, err := parse(flags, args, maxHeaders+1)
	if err != nil {
		return 0, err
	}
	if len(words) == 0 {
		return 0, misused("check needs a URL, such as http://127.0.0.1:8080/health or tcp://127.0.0.1:5432")
	}
	p, problem := probeOf(words[0], words[1:])
	if problem != "" {
		return 0, misused(problem)
	}
	p.TimeoutSeconds = *timeout
	return 0, healthcheck.Check(context.Background(), p)
}

// maxHeaders is how many headers a check can have.
const maxHeaders = 32

// probeOf returns the probe that a URL and headers ask for, or what is wrong with them.
func probeOf(url string, headers []string) (p plan.Probe, problem string) {
	scheme, rest, _ := strings.Cut(url, "://")
	address, path, _ := strings.Cut(rest, "/")
	colon := strings.LastIndexByte(address, ':')
	if colon < 0 {
		return p, "check needs a port, as in http://127.0.0.1:8080/"
	}
	port, err := strconv.Atoi(address[colon+1:])
	if err != nil || port < 1 || port > 65535 {
		return p, "check needs a port from 1 to 65535, as in http://127.0.0.1:8080/"
	}
	host := address[:colon]
	switch scheme {
	case "http":
		get := &plan.HTTPGet{Host: host, Port: port, Path: "/" + path, Headers: map[string]string{}}
		for _, header := range headers {
			name, value, _ := strings.Cut(header, ":")
			get.Headers[name] = strings.TrimSpace(value)
		}
		p.HTTPGet = get
	case "tcp":
		p.TCPSocket = &plan.TCPSocket{Host: host, Port: port}
	default:
		return p, "check knows http:// and tcp://"
	}
	return p, ""
}
