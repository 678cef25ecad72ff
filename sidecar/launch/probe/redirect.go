package probe

import (
	"cmp"
	"path"
	"strconv"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// redirected returns what to ask for after an answer to h; not ok where that is no redirect, or leads elsewhere than to the same host
// by http.
// The rules are RFC 3986's (section 5.2); package net/url has them too, for 28 KB more in every container.
func redirected(h plan.HTTPGet, a answer) (next plan.HTTPGet, ok bool) {
	location, _, _ := strings.Cut(a.location, "#")
	if i := strings.IndexAny(location, ":/?"); i >= 0 && location[i] == ':' {
		if !strings.EqualFold(location[:i], "http") {
			return h, false
		}
		if location = location[i+1:]; !strings.HasPrefix(location, "//") { // it names no host
			return h, false
		}
	}
	if location == "" {
		return h, false
	}
	if rest, isAbsolute := strings.CutPrefix(location, "//"); isAbsolute {
		end := strings.IndexAny(rest+"/", "/?")
		if h.Port, ok = samePort(h, rest[:end]); !ok {
			return h, false
		}
		location = cmp.Or(rest[end:], "/")
	}
	h.Path = relative(h.Target(), location)
	return h, true
}

// samePort returns the port of an authority (RFC 3986, section 3.2) that is of the same host.
func samePort(h plan.HTTPGet, authority string) (port int, ok bool) {
	host, number := authority[strings.LastIndexByte(authority, '@')+1:], "80"
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		host, number = host[:i], cmp.Or(host[i+1:], number)
	}
	port, err := strconv.Atoi(number)
	own := strings.Trim(cmp.Or(h.Host, "127.0.0.1"), "[]")
	return port, err == nil && port > 0 && port < 1<<16 && strings.EqualFold(strings.Trim(host, "[]"), own)
}

// relative returns the path and query that a reference without an authority stands for, seen from base.
func relative(base, reference string) string {
	basePath, _, _ := strings.Cut(base, "?")
	to, query, hasQuery := strings.Cut(reference, "?")
	switch {
	case to == "":
		to = basePath
	case !strings.HasPrefix(to, "/"):
		to = basePath[:strings.LastIndexByte(basePath, '/')+1] + to
	}
	isDirectory := strings.HasSuffix(to, "/") || strings.HasSuffix(to, "/.") || strings.HasSuffix(to, "/..")
	if to = path.Clean(to); isDirectory && to != "/" {
		to += "/"
	}
	if hasQuery {
		to += "?" + query
	}
	return to
}
