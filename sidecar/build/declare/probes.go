package declare

import (
	"strings"
	"unicode"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare/document"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

const loopback = "127.0.0.1"

// probeDefaults are those in which the three probes differ. Where maxSuccesses isn't 0, success-threshold can't be more.
type probeDefaults struct {
	period                 float64
	failures, maxSuccesses int
}

var (
	// A startup probe has the thirty seconds that Kubernetes' defaults give it, but looks every second: the app waits for it.
	startup   = probeDefaults{period: 1, failures: 30, maxSuccesses: 1}
	readiness = probeDefaults{period: 10, failures: 3}
	liveness  = probeDefaults{period: 10, failures: 3, maxSuccesses: 1}
)

// probeKeys are the keys of a probe, with Kubernetes' names and bounds.
func probeKeys(by probeDefaults) keys[plan.Probe] {
	return keys[plan.Probe]{
		row(Key{Name: "http-get", Doc: "passes on a status from 200 to 399"},
			table(`{ path = "/health", port = 8080 }`, httpGetKeys), func(p *plan.Probe) **plan.HTTPGet { return &p.HTTPGet }),
		row(Key{Name: "tcp-socket", Doc: "passes when a connection can be made"},
			table(`{ port = 8080 }`, tcpSocketKeys), func(p *plan.Probe) **plan.TCPSocket { return &p.TCPSocket }),
		row(Key{Name: "exec", Doc: "passes when the command exits with 0"},
			table(`{ command = ["./check"] }`, execKeys), func(p *plan.Probe) **plan.Exec { return &p.Exec }),
		row(Key{Name: "grpc", Doc: "passes when the standard health service says SERVING"},
			table(`{ port = 9000 }`, grpcKeys), func(p *plan.Probe) **plan.GRPC { return &p.GRPC }),
		row(Key{Name: "notify", Default: false, Doc: "the process says it by itself, as sd_notify(3) has it"},
			flag(), func(p *plan.Probe) *bool { return &p.Notify }),
		row(Key{Name: "initial-delay-seconds", Default: 0.0, Doc: "how long to wait before the first check"},
			seconds(0), func(p *plan.Probe) *float64 { return &p.InitialDelaySeconds }),
		row(Key{Name: "period-seconds", Default: by.period, Doc: "how often to check"},
			seconds(leastSeconds), func(p *plan.Probe) *float64 { return &p.PeriodSeconds }),
		row(Key{Name: "timeout-seconds", Default: 1.0, Doc: "how long a check may take"},
			seconds(leastSeconds), func(p *plan.Probe) *float64 { return &p.TimeoutSeconds }),
		row(Key{Name: "success-threshold", Default: 1, Doc: "how many checks in a row have to pass"},
			successes(by.maxSuccesses), func(p *plan.Probe) *int { return &p.SuccessThreshold }),
		row(Key{Name: "failure-threshold", Default: by.failures, Doc: "how many checks in a row have to fail"},
			whole(1), func(p *plan.Probe) *int { return &p.FailureThreshold }),
	}
}

var httpGetKeys = keys[plan.HTTPGet]{
	row(Key{Name: "scheme", Default: "http", Doc: "https is not verified, as in Kubernetes"},
		oneOf("http", "https"), func(g *plan.HTTPGet) *string { return &g.Scheme }),
	row(Key{Name: "host", Default: loopback, Doc: "a name or an address"},
		host(), func(g *plan.HTTPGet) *string { return &g.Host }),
	row(Key{Name: "port", Unset: "required", Doc: "a port's number"},
		port(), func(g *plan.HTTPGet) *int { return &g.Port }),
	row(Key{Name: "path", Default: "/", Doc: "what to ask for"},
		urlPath(), func(g *plan.HTTPGet) *string { return &g.Path }),
	row(Key{Name: "headers", Unset: "none", Doc: "what to send along"},
		headers(), func(g *plan.HTTPGet) *map[string]string { return &g.Headers }),
}

var tcpSocketKeys = keys[plan.TCPSocket]{
	row(Key{Name: "host", Default: loopback, Doc: "a name or an address"},
		host(), func(s *plan.TCPSocket) *string { return &s.Host }),
	row(Key{Name: "port", Unset: "required", Doc: "a port's number"},
		port(), func(s *plan.TCPSocket) *int { return &s.Port }),
}

var execKeys = keys[plan.Exec]{
	row(Key{Name: "command", Unset: "required", Doc: "a list or text, as a sidecar's `command`"},
		command(), func(e *plan.Exec) *Command { return (*Command)(&e.Command) }),
}

var grpcKeys = keys[plan.GRPC]{
	row(Key{Name: "host", Default: loopback, Doc: "a name or an address"},
		host(), func(g *plan.GRPC) *string { return &g.Host }),
	row(Key{Name: "port", Unset: "required", Doc: "a port's number"},
		port(), func(g *plan.GRPC) *int { return &g.Port }),
	row(Key{Name: "service", Unset: "the server as a whole", Doc: "the service to ask about"},
		text(), func(g *plan.GRPC) *string { return &g.Service }),
}

// table reads a table of its own; nil where it is missing. such is what one looks like.
func table[T any](such string, keys keys[T]) kind[*T] {
	is := Type{Name: "table", Keys: keys.describe()}
	return kind[*T]{is, func(t *document.Table, key string, _ *T) *T {
		inner := t.Table(key, such)
		if inner == nil {
			return nil
		}
		v := keys.read(inner)
		return &v
	}}
}

func probe(by probeDefaults) kind[*plan.Probe] {
	is := table(`{ http-get = { path = "/health", port = 8080 } }`, probeKeys(by))
	return kind[*plan.Probe]{is.Type, func(t *document.Table, key string, otherwise *plan.Probe) *plan.Probe {
		p := is.read(t, key, otherwise)
		if p != nil {
			oneCheck(t, key, p)
		}
		return p
	}}
}

var hookKeys = keys[plan.Hook]{
	row(Key{Name: "http-get", Doc: "what to ask for"},
		table(`{ path = "/drain", port = 8080 }`, httpGetKeys), func(h *plan.Hook) **plan.HTTPGet { return &h.HTTPGet }),
	row(Key{Name: "exec", Doc: "what to run"},
		table(`{ command = ["./drain"] }`, execKeys), func(h *plan.Hook) **plan.Exec { return &h.Exec }),
}

func hook() kind[*plan.Hook] {
	is := table(`{ exec = { command = ["./drain"] } }`, hookKeys)
	return kind[*plan.Hook]{is.Type, func(t *document.Table, key string, otherwise *plan.Hook) *plan.Hook {
		h := is.read(t, key, otherwise)
		if h != nil && (h.HTTPGet == nil) == (h.Exec == nil) {
			t.Reportf(key, "%s needs one of http-get and exec", t.Path(key))
		}
		return h
	}}
}

// oneCheck reports a probe that has no kind of check or several.
func oneCheck(parent *document.Table, key string, p *plan.Probe) {
	t := parent.Table(key, "")
	for _, k := range probeKeys(startup) {
		t.Value(k.Name)
	}
	var kinds []string
	for _, kind := range []string{"http-get", "tcp-socket", "exec", "grpc"} {
		if t.Has(kind) {
			kinds = append(kinds, kind)
		}
	}
	if p.Notify {
		kinds = append(kinds, "notify")
	}
	switch {
	case len(kinds) > 1:
		parent.Reportf(key, "%s has %s: keep one", t.Name(), strings.Join(kinds, " and "))
	case len(kinds) == 0 && len(t.Unasked()) == 0: // else that key was to be it, and is reported already
		parent.Reportf(key, "%s checks nothing: add one of http-get, tcp-socket, exec, grpc or notify = true", t.Name())
	}
}

// successes reads a success-threshold; most is 0 where there is no bound.
func successes(most int) kind[int] {
	is := whole(1)
	if most > 0 {
		is.High = float64(most)
	}
	return kind[int]{is.Type, func(t *document.Table, key string, otherwise int) int {
		n := is.read(t, key, otherwise)
		if most > 0 && n > most {
			t.Refuse(key, "it must be %d here: only a readiness-probe can ask for more", most)
		}
		return n
	}}
}

func host() kind[string] {
	return kind[string]{Type{Name: "text"}, func(t *document.Table, key, otherwise string) string {
		h := t.Text(key, otherwise)
		if h == "" || strings.ContainsAny(h, "/@") || strings.ContainsFunc(h, unprintable) {
			t.Refuse(key, "write a host's name or address without scheme or port, such as %s", loopback)
		}
		return h
	}}
}

func port() kind[int] {
	return kind[int]{Type{Name: "whole number", Low: 1, High: 65535}, func(t *document.Table, key string, _ int) int {
		v := t.Value(key)
		if n, ok := v.(int64); ok && n >= 1 && n <= 65535 {
			return int(n)
		}
		t.Refuse(key, "write %s", document.NumberOr(v, "a port's number, from 1 to 65535"))
		return 0
	}}
}

func urlPath() kind[string] {
	return kind[string]{Type{Name: "text"}, func(t *document.Table, key, otherwise string) string {
		path := t.Text(key, otherwise)
		if !strings.HasPrefix(path, "/") || strings.ContainsFunc(path, unprintable) {
			t.Refuse(key, "write a path that begins with / and has no spaces, such as /health")
		}
		return path
	}}
}

// headers reads what is sent along, as RFC 9110 allows it: a name is a token, a value has no control characters.
func headers() kind[map[string]string] {
	return kind[map[string]string]{Type{Name: "table of text"}, func(t *document.Table, key string, _ map[string]string) map[string]string {
		all := texts(t, key, `{ Accept = "text/plain" }`)
		for name, value := range all {
			if name == "" || strings.ContainsFunc(name, func(r rune) bool { return !token(r) }) {
				t.Reportf(key, "%s has the name %q: a header's name has only letters, digits and !#$%%&'*+-.^_`|~", t.Path(key), name)
			}
			if strings.ContainsFunc(value, unicode.IsControl) {
				t.Table(key, "").Refuse(name, "a header's value can't hold line ends or other control characters")
			}
		}
		return all
	}}
}

func token(r rune) bool {
	return r > ' ' && r < 0x7f && !strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
}

func unprintable(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }
