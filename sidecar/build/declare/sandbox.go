package declare

import (
	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare/document"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// sandboxKeys are the keys of sandbox, where it is a table.
var sandboxKeys = keys[plan.Sandbox]{
	row(Key{Name: "mode", Default: string(plan.Prefer), Doc: "`require` refuses to start where the kernel can't enforce it, `prefer` says so"},
		oneOf(sandboxModes...), func(s *plan.Sandbox) *string { return (*string)(&s.Mode) }),
	row(Key{Name: "read", Unset: "everything",
		Doc: "files and directories that it may read, besides the image's programs and its own command"},
		allowed(), func(s *plan.Sandbox) *[]string { return &s.Read }),
	row(Key{Name: "write", Unset: "everything", Doc: "files and directories that it may read and write"},
		allowed(), func(s *plan.Sandbox) *[]string { return &s.Write }),
	row(Key{Name: "connect-ports", Unset: "all", Doc: "TCP ports that it may connect to"},
		ports(), func(s *plan.Sandbox) *[]int { return &s.ConnectPorts }),
	row(Key{Name: "bind-ports", Unset: "all", Doc: "TCP ports that it may listen on"},
		ports(), func(s *plan.Sandbox) *[]int { return &s.BindPorts }),
}

var sandboxModes = []string{string(plan.Require), string(plan.Prefer), string(plan.Off)}

// sandbox reads a mode alone, or a table.
func sandbox() kind[*plan.Sandbox] {
	whole := table(`{ read = ["/etc/ssl"], connect-ports = [443] }`, sandboxKeys)
	is := Type{Name: "text or table", Words: sandboxModes, Keys: whole.Keys}
	return kind[*plan.Sandbox]{is, func(t *document.Table, key string, otherwise *plan.Sandbox) *plan.Sandbox {
		if _, ok := t.Peek(key).(string); ok {
			return &plan.Sandbox{Mode: plan.SandboxMode(t.OneOf(key, string(plan.Prefer), sandboxModes...))}
		}
		return whole.read(t, key, otherwise)
	}}
}

// allowed reads a list of paths. An empty one is none at all.
func allowed() kind[[]string] {
	return kind[[]string]{list().Type, func(t *document.Table, key string, _ []string) []string {
		paths := t.Texts(key)
		if t.Has(key) && paths == nil {
			return []string{}
		}
		return paths
	}}
}

// ports reads a list of ports' numbers. An empty one is none at all.
func ports() kind[[]int] {
	return kind[[]int]{Type{Name: "list of whole numbers", Low: 1, High: 65535}, func(t *document.Table, key string, _ []int) []int {
		list, ok := t.Value(key).([]*document.Node)
		if !ok {
			if t.Has(key) {
				t.Refuse(key, "write a list of ports' numbers, such as [443]")
			}
			return nil
		}
		numbers := []int{}
		for i, node := range list {
			n, ok := node.Is.(int64)
			if !ok || n < 1 || n > 65535 {
				t.RefuseItem(key, i, "write %s", document.NumberOr(node.Is, "a port's number, from 1 to 65535"))
			}
			numbers = append(numbers, int(n))
		}
		return numbers
	}}
}
