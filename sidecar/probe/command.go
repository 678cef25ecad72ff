package probe

import (
	"maps"
	"slices"
)

// Helper says whether the probe needs cmd/supervisor-probe beside the supervisor: the binary that knows TLS, gRPC and how to resolve a
// host's name.
func (p Probe) Helper() bool {
	switch {
	case p.HTTPGet != nil:
		return p.HTTPGet.secure() || addresses(p.HTTPGet.Host) == nil
	case p.TCPSocket != nil:
		return addresses(p.TCPSocket.Host) == nil
	}
	return p.GRPC != nil
}

// Command is the process to start for one check, which passes where that process exits 0; helper is the path of cmd/supervisor-probe.
// It is nil for what Check does, and for notify.
//
// The helper ends by itself after TimeoutSeconds and then says what it waited for: whoever runs it should allow it a little more. Of any
// other command TimeoutSeconds is all that it may take.
func (p Probe) Command(helper string) []string {
	if p.Exec != nil {
		return p.Exec.Command
	}
	if !p.Helper() {
		return nil
	}
	verb, arguments := p.question()
	return append([]string{helper, verb, "--timeout", p.timeout().String()}, arguments...)
}

// question is what to ask cmd/supervisor-probe.
func (p Probe) question() (verb string, arguments []string) {
	switch {
	case p.TCPSocket != nil:
		return "tcp", []string{p.TCPSocket.address()}
	case p.GRPC != nil:
		return "grpc", p.GRPC.arguments()
	case p.HTTPGet.secure():
		return "https", p.HTTPGet.arguments()
	}
	return "http", p.HTTPGet.arguments()
}

func (g GRPC) arguments() []string {
	if g.Service == "" {
		return []string{address(g.Host, g.Port)}
	}
	return []string{address(g.Host, g.Port), g.Service}
}

func (h HTTPGet) arguments() []string {
	arguments := []string{h.url()}
	for _, name := range slices.Sorted(maps.Keys(h.Headers)) {
		arguments = append(arguments, name+": "+h.Headers[name])
	}
	return arguments
}
