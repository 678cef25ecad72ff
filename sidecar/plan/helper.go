package plan

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sidecar-buildpack/sidecar/sidecar/inet"
)

// NeedsHelper reports whether the probe needs cmd/supervisor-probe beside the supervisor: the program that knows TLS and gRPC, and
// resolves a host's name.
func (p Probe) NeedsHelper() bool {
	switch {
	case p.HTTPGet != nil:
		return p.HTTPGet.secure() || Addresses(p.HTTPGet.Host) == nil
	case p.TCPSocket != nil:
		return Addresses(p.TCPSocket.Host) == nil
	}
	return p.GRPC != nil
}

// NeedsHelper reports whether a probe of the process's does, or its pre-stop.
func (p Process) NeedsHelper() bool {
	if p.PreStop != nil && p.PreStop.Within(0).NeedsHelper() {
		return true
	}
	for _, probe := range p.Probes.All() {
		if probe != nil && probe.NeedsHelper() {
			return true
		}
	}
	return false
}

// Within returns the check that does what the hook says, and may take so many seconds.
func (h Hook) Within(seconds float64) Probe {
	return Probe{HTTPGet: h.HTTPGet, Exec: h.Exec, TimeoutSeconds: seconds}
}

// Command returns the process to start for one check, which passes where that process exits with 0. helper is the path of
// cmd/supervisor-probe. It returns nil for a check that needs no process.
//
// The helper ends by itself after TimeoutSeconds and then says what it waited for. Whoever runs it should allow it a little more. Any other
// command may take no more than TimeoutSeconds.
func (p Probe) Command(helper string) []string {
	if p.Exec != nil {
		return p.Exec.Command
	}
	if !p.NeedsHelper() {
		return nil
	}
	verb, arguments := p.question()
	options := []string{helper, verb, "--timeout", p.Timeout().String()}
	if p.Input() != "" {
		options = append(options, "--headers")
	}
	return append(options, arguments...)
}

// Input returns the helper's standard input: one header a line. Arguments could be read by every user of the container.
func (p Probe) Input() string {
	if p.HTTPGet == nil || !p.NeedsHelper() {
		return ""
	}
	var lines strings.Builder
	for _, name := range slices.Sorted(maps.Keys(p.HTTPGet.Headers)) {
		lines.WriteString(name + ": " + p.HTTPGet.Headers[name] + "\n")
	}
	return lines.String()
}

// Timeout returns what one check may take.
func (p Probe) Timeout() time.Duration { return Seconds(cmp.Or(p.TimeoutSeconds, 1)) }

// question returns what to ask cmd/supervisor-probe.
func (p Probe) question() (verb string, arguments []string) {
	switch {
	case p.TCPSocket != nil:
		return "tcp", []string{p.TCPSocket.Address()}
	case p.GRPC != nil:
		return "grpc", p.GRPC.arguments()
	case p.HTTPGet.secure():
		return "https", []string{p.HTTPGet.URL()}
	}
	return "http", []string{p.HTTPGet.URL()}
}

func (g GRPC) arguments() []string {
	if g.Service == "" {
		return []string{address(g.Host, g.Port)}
	}
	return []string{address(g.Host, g.Port), g.Service}
}

func (h HTTPGet) secure() bool { return strings.EqualFold(h.Scheme, "https") }

// Address returns host:port.
func (h HTTPGet) Address() string { return address(h.Host, h.Port) }

// Address returns host:port.
func (t TCPSocket) Address() string { return address(t.Host, t.Port) }

// URL returns what is asked for. The % of an IPv6 zone is written as RFC 6874 has it (section 2).
func (h HTTPGet) URL() string {
	scheme := "http://"
	if h.secure() {
		scheme = "https://"
	}
	return scheme + strings.ReplaceAll(h.Address(), "%", "%25") + h.Target()
}

// Target returns the path as a request can carry it. What would end or split the request line is percent-encoded, and a fragment is left
// out.
func (h HTTPGet) Target() string {
	path, _, _ := strings.Cut(h.Path, "#")
	var target strings.Builder
	if !strings.HasPrefix(path, "/") {
		target.WriteByte('/')
	}
	for _, c := range []byte(path) {
		if c > ' ' && c < 0x7f {
			target.WriteByte(c)
			continue
		}
		const hex = "0123456789ABCDEF"
		target.Write([]byte{'%', hex[c>>4], hex[c&15]})
	}
	return target.String()
}

// address takes an IPv6 host with or without its brackets.
func address(host string, port int) string {
	host = bare(host)
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return host + ":" + strconv.Itoa(port)
}

func bare(host string) string { return strings.Trim(cmp.Or(host, "127.0.0.1"), "[]") }

// Addresses returns the addresses of a host in the order to try them. There are none where it takes a resolver, or the index of a zone, to
// know them.
func Addresses(host string) []inet.Address {
	host = bare(host)
	if strings.EqualFold(host, "localhost") {
		return []inet.Address{inet.From4([4]byte{127, 0, 0, 1}), {15: 1}}
	}
	if address, ok := inet.Parse(host); ok {
		return []inet.Address{address}
	}
	return nil
}
