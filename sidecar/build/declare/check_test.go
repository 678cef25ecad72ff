package declare_test

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
)

// process writes a sidecar, or the app, with more keys.
func process(name string, more ...string) string {
	head := "[app]"
	if name != "app" {
		head = fmt.Sprintf("[[sidecars]]\nname = %q\ncommand = 'x'", name)
	}
	return head + "\n" + strings.Join(more, "\n") + "\n"
}

// needs writes that a process depends on others.
func needs(names ...string) string {
	return "depends-on = {" + strings.Join(names, " = 'started', ") + " = 'started'}"
}

func TestDependenciesThatCanBeMet(t *testing.T) {
	const probed = "startup-probe.notify = true"
	for name, toml := range map[string]string{
		"a chain":                process("a", needs("b")) + process("b", needs("c")) + process("c"),
		"a diamond":              process("a", needs("b", "c")) + process("b", needs("d")) + process("c", needs("d")) + process("d"),
		"after the app":          process("a", needs("app")) + process("b", needs("a")) + process("c"),
		"after the app is ready": process("app", "readiness-probe.notify = true") + process("a", "depends-on.app = 'ready'"),
		"ready by startup":       process("a", "depends-on.b = 'ready'") + process("b", probed),
		"ready by readiness":     process("a", "depends-on.b = 'ready'") + process("b", "readiness-probe.notify = true"),
		"the app's own":          process("app", "depends-on.a = 'ready'") + process("a", probed),
		"completed":              process("a", "depends-on.b = 'completed'") + process("b"),
		"completed in the end":   process("a", "depends-on.b = 'completed'") + process("b", "restart = 'on-failure'"),
		"one type in common":     process("a", needs("b"), "process-types = ['web', 'x']") + process("b", "process-types = ['y', 'x']"),
		"a name with spaces":     process("a", needs("'B and C'")) + process("B and C"),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := declare.Parse([]byte(toml), "sidecar.toml")
			NewWithT(t).Expect(err).NotTo(HaveOccurred())
		})
	}
}

func TestDependenciesThatCannotBeMet(t *testing.T) {
	circle := func(entry, chain string) string {
		return entry + " goes round in a circle, so that nothing in it could start: " + chain + ": take one out"
	}
	const unprobed = `has neither a startup-probe nor a readiness-probe: add one, or write "started"`
	for _, c := range []struct {
		name, toml string
		want       []string
	}{
		{"itself", process("a", needs("a")), []string{circle(`sidecar "a": depends-on.a`, "a -> a")}},
		{"the app itself", process("app", needs("app")), []string{circle(`app.depends-on.app`, "app -> app")}},
		{"two", process("a", needs("b")) + process("b", needs("a")), []string{circle(`sidecar "a": depends-on.b`, "a -> b -> a")}},
		{"via the app", process("app", needs("b")) + process("b", needs("c")) + process("c", needs("app")),
			[]string{circle(`app.depends-on.b`, "app -> b -> c -> app")}},
		{"behind others", process("a", needs("b")) + process("b", needs("c", "d")) + process("c") + process("d", needs("b")),
			[]string{circle(`sidecar "b": depends-on.d`, "b -> d -> b")}},
		{"two circles", process("a", needs("a")) + process("b", needs("b")), []string{circle(`sidecar "a": depends-on.a`, "a -> a"),
			circle(`sidecar "b": depends-on.b`, "b -> b")}},
		{"two circles through one", process("a", needs("b", "c")) + process("b", needs("a")) + process("c", needs("a")),
			[]string{circle(`sidecar "a": depends-on.b`, "a -> b -> a")}},
		{"nobody", process("a", needs("valt", "'x y'")) + process("vault"), []string{
			`sidecar "a": depends-on.valt names no sidecar: did you mean vault?`,
			`sidecar "a": depends-on."x y" names no sidecar: there are app, a, vault`,
		}},
		{
			"ready without a probe",
			process("app", "depends-on.a = 'ready'") + process("a", "depends-on.b = 'ready'") + process("b", "liveness-probe.notify = true"),
			[]string{`app.depends-on.a is "ready", but a ` + unprobed, `sidecar "a": depends-on.b is "ready", but b ` + unprobed},
		},
		{"an app without a probe", process("a", "depends-on.app = 'ready'"), []string{`sidecar "a": depends-on.app is "ready", but app ` +
			unprobed}},
		{"the app completed", process("a", "depends-on.app = 'completed'"), []string{
			`sidecar "a": depends-on.app is "completed", but once the app has ended nothing else is started: write "started" or "ready"`,
		}},
		{"completed and always restarted", process("a", "depends-on.b = 'completed'") + process("b", "restart = 'always'"), []string{
			`sidecar "a": depends-on.b is "completed", but b has restart = "always" and never completes: write restart = "on-failure" or "never"`,
		}},
		{"no type in common", process("a", needs("b"), "process-types = ['web']") + process("b", "process-types = ['worker']"), []string{
			`sidecar "a": depends-on.b never runs beside a: give both a process type in common in process-types`,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := declare.Parse([]byte(c.toml), "sidecar.toml")
			expect := NewWithT(t).Expect
			expect(err).To(HaveOccurred())
			expect(told(err)).To(ConsistOf(prefixed("sidecar.toml: ", c.want)))
		})
	}
}

func TestLongChainsAreCheckedAtOnce(t *testing.T) {
	const most = 3000
	var text strings.Builder
	for i := range most {
		text.WriteString(process(fmt.Sprintf("s%d", i), fmt.Sprintf("depends-on.s%d = 'started'", (i+1)%most)))
	}
	_, err := declare.Parse([]byte(text.String()), "sidecar.toml")
	NewWithT(t).Expect(err).To(MatchError(And(ContainSubstring("s0 -> s1 -> "), ContainSubstring("s2999 -> s0:"))))
}
