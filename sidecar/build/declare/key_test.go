package declare_test

import (
	"fmt"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// keysOf returns the keys of the table called by a dotted path.
func keysOf(t *testing.T, path string) []declare.Key {
	t.Helper()
	keys := declare.Keys()
	for _, name := range strings.Split(path, ".") {
		var inner []declare.Key
		for _, k := range keys {
			if k.Name == name {
				inner = k.Type.Keys
			}
		}
		if inner == nil {
			t.Fatalf("there is no table %s", path)
		}
		keys = inner
	}
	return keys
}

func TestEveryFieldHasAKeyAndEveryKeyAField(t *testing.T) {
	for path, value := range map[string]any{
		"app":                               declare.App{},
		"sidecars":                          declare.Sidecar{},
		"sidecars.dependencies":             declare.Dependency{},
		"sidecars.env-from":                 plan.EnvFrom{},
		"sidecars.on-change":                plan.OnChange{},
		"sidecars.startup-probe":            plan.Probe{},
		"sidecars.startup-probe.http-get":   plan.HTTPGet{},
		"sidecars.startup-probe.tcp-socket": plan.TCPSocket{},
		"sidecars.startup-probe.exec":       plan.Exec{},
		"sidecars.startup-probe.grpc":       plan.GRPC{},
	} {
		NewWithT(t).Expect(names(keysOf(t, path))).To(ConsistOf(fields(reflect.TypeOf(value))), path)
	}
}

func names(keys []declare.Key) []string {
	var all []string
	for _, k := range keys {
		all = append(all, k.Name)
	}
	return all
}

// fields returns what TOML calls a struct's fields.
func fields(of reflect.Type) []string {
	var names []string
	for field := range of.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("toml"), ",")
		switch {
		case field.Anonymous:
			names = append(names, fields(field.Type)...)
		case name != "-":
			names = append(names, name)
		}
	}
	return names
}

// TestThePageHasEveryKey compares docs/declaration.md with the table of keys. With UPDATE=1 in the environment it writes the page's tables.
func TestThePageHasEveryKey(t *testing.T) {
	const page = "../../../docs/declaration.md"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	updated := string(text)
	for _, path := range []string{"sidecars", "app", "sidecars.readiness-probe"} {
		begin, end := "<!-- keys of "+path+" -->\n", "<!-- end of keys -->"
		before, rest, found := strings.Cut(updated, begin)
		_, after, closed := strings.Cut(rest, end)
		if !found || !closed {
			t.Fatalf("%s has no %q with %q behind it", page, begin, end)
		}
		updated = before + begin + reference(keysOf(t, path)) + end + after
	}
	if updated == string(text) {
		return
	}
	if os.Getenv("UPDATE") == "" {
		t.Fatalf("%s differs from the table of keys: UPDATE=1 go test ./sidecar/build/declare -run %s", page, t.Name())
	}
	if err := os.WriteFile(page, []byte(updated), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestEveryProcessType(t *testing.T) {
	for _, list := range []string{`["*"]`, `["web", "*"]`} {
		d, err := declare.Parse([]byte(minimal+"process-types = "+list), "sidecar.toml")
		expect := NewWithT(t).Expect
		expect(err).NotTo(HaveOccurred())
		expect(d.Sidecars[0].ProcessTypes).To(Equal([]string{declare.EveryType}))
	}
}

// reference returns the table of keys for docs/declaration.md, in Markdown.
func reference(keys []declare.Key) string {
	var out strings.Builder
	out.WriteString("| key | takes | default | what |\n|---|---|---|---|\n")
	for _, k := range keys {
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s |\n", k.Name, takes(k.Type), unset(k), k.Doc)
	}
	return out.String()
}

// unset says what holds where the key is not written.
func unset(k declare.Key) string {
	switch v := k.Default.(type) {
	case nil:
	case string:
		return fmt.Sprintf("`%q`", v)
	case declare.Names:
		return "`true`" // Everything
	default:
		return fmt.Sprintf("`%v`", v)
	}
	if k.Required != "" {
		return "required"
	}
	return k.Unset
}

// takes says what is written.
func takes(t declare.Type) string {
	switch {
	case len(t.Words) > 0:
		var words []string
		for _, w := range t.Words {
			words = append(words, fmt.Sprintf("`%q`", w))
		}
		return strings.TrimPrefix(t.Name+" of ", "text of ") + strings.Join(words, ", ")
	case t.High > 0 && t.High < math.MaxInt32:
		return fmt.Sprintf("%s from %v to %v", t.Name, t.Low, t.High)
	case t.High > 0:
		return fmt.Sprintf("%s, at least %v", t.Name, t.Low)
	}
	return t.Name
}
