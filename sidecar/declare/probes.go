package declare

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/sidecar-buildpack/sidecar/sidecar/probe"
)

const loopback = "127.0.0.1"

func probes(t *table) (startup, readiness, liveness *probe.Probe) {
	// A startup probe has the thirty seconds that Kubernetes' defaults give it, but looks every second: the app waits for it.
	return readProbe(t, "startup-probe", probeDefaults{period: 1, failures: 30, mostSuccesses: 1}),
		readProbe(t, "readiness-probe", probeDefaults{period: 10, failures: 3}),
		readProbe(t, "liveness-probe", probeDefaults{period: 10, failures: 3, mostSuccesses: 1})
}

// probeDefaults are those in which the three probes differ. Where mostSuccesses isn't 0, success-threshold can't be more.
type probeDefaults struct {
	period                  float64
	failures, mostSuccesses int
}

// readProbe reads the probe under key, with Kubernetes' names and bounds.
func readProbe(parent *table, key string, by probeDefaults) *probe.Probe {
	t := parent.table(key)
	if t == nil {
		return nil
	}
	p := &probe.Probe{
		HTTPGet:             httpGet(t.table("http-get")),
		TCPSocket:           tcpSocket(t.table("tcp-socket")),
		Exec:                exec(t.table("exec")),
		GRPC:                grpc(t.table("grpc")),
		Notify:              t.flag("notify", false),
		InitialDelaySeconds: t.seconds("initial-delay-seconds", 0, 0),
		PeriodSeconds:       t.seconds("period-seconds", leastSeconds, by.period),
		TimeoutSeconds:      t.seconds("timeout-seconds", leastSeconds, 1),
		SuccessThreshold:    t.count("success-threshold", 1, 1),
		FailureThreshold:    t.count("failure-threshold", 1, by.failures),
	}
	if by.mostSuccesses > 0 && p.SuccessThreshold > by.mostSuccesses {
		t.refuse("success-threshold", "it must be %d here: only a readiness-probe can ask for more", by.mostSuccesses)
	}
	t.unknown()
	oneKind(t, p)
	return p
}

// oneKind reports a probe that has no kind of check or several.
func oneKind(t *table, p *probe.Probe) {
	var kinds []string
	for _, kind := range []string{"http-get", "tcp-socket", "exec", "grpc"} {
		if t.has(kind) {
			kinds = append(kinds, kind)
		}
	}
	if p.Notify {
		kinds = append(kinds, "notify")
	}
	switch {
	case len(kinds) > 1:
		t.addf("%s has %s: keep one", t.path, strings.Join(kinds, " and "))
	case len(kinds) == 0 && len(t.unasked()) == 0: // else that key was to be it, and is reported already
		t.addf("%s checks nothing: add one of http-get, tcp-socket, exec, grpc or notify = true", t.path)
	}
}

func httpGet(t *table) *probe.HTTPGet {
	if t == nil {
		return nil
	}
	g := &probe.HTTPGet{
		Scheme:  t.oneOf("scheme", "http", "http", "https"),
		Host:    host(t),
		Port:    port(t),
		Path:    t.text("path", "/"),
		Headers: headers(t),
	}
	if !strings.HasPrefix(g.Path, "/") || strings.ContainsFunc(g.Path, unprintable) {
		t.refuse("path", "write a path that begins with / and has no spaces, such as /health")
	}
	t.unknown()
	return g
}

func tcpSocket(t *table) *probe.TCPSocket {
	if t == nil {
		return nil
	}
	s := &probe.TCPSocket{Host: host(t), Port: port(t)}
	t.unknown()
	return s
}

func exec(t *table) *probe.Exec {
	if t == nil {
		return nil
	}
	e := &probe.Exec{Command: command(t)}
	t.unknown()
	return e
}

func grpc(t *table) *probe.GRPC {
	if t == nil {
		return nil
	}
	g := &probe.GRPC{Host: host(t), Port: port(t), Service: t.text("service", "")}
	t.unknown()
	return g
}

func host(t *table) string {
	h := t.text("host", loopback)
	if h == "" || strings.ContainsAny(h, "/@") || strings.ContainsFunc(h, unprintable) {
		t.refuse("host", "write a host's name or address without scheme or port, such as %s", loopback)
	}
	return h
}

func port(t *table) int {
	v, _ := t.value("port")
	n, ok := v.(int64)
	if !ok || n < 1 || n > 65535 {
		t.refuse("port", "write a port's number, from 1 to 65535")
		return 0
	}
	return int(n)
}

// headers reads what is sent along, as RFC 9110 allows it: a name is a token, a value has no control characters.
func headers(t *table) map[string]string {
	all := t.textMap("headers")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		value := all[name]
		if name == "" || strings.ContainsFunc(name, func(r rune) bool { return !token(r) }) {
			t.addf("%s has the name %q: a header's name has only letters, digits and !#$%%&'*+-.^_`|~", t.at("headers"), name)
		}
		if strings.ContainsFunc(value, unicode.IsControl) {
			t.refuseAt(t.at("headers")+"."+showKey(name), value, "a header's value can't hold line ends or other control characters")
		}
	}
	return all
}

func token(r rune) bool {
	return r > ' ' && r < 0x7f && !strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
}

func unprintable(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }
