package declare_test

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/declare"
)

// process writes a sidecar, or the app, with more keys.
func process(name string, more ...string) string {
	head := "[app]"
	if name != "app" {
		head = fmt.Sprintf("[[sidecars]]\nname = %q\ncommand = 'x'", name)
	}
	return head + "\n" + strings.Join(more, "\n") + "\n"
}

func TestDependenciesThatCanBeMet(t *testing.T) {
	const probed = "startup-probe.notify = true"
	for name, toml := range map[string]string{
		"a chain":                process("a", "depends-on.b = 'started'") + process("b", "depends-on.c = 'started'") + process("c"),
		"a diamond":              process("a", "depends-on = {b = 'started', c = 'started'}") + process("b", "depends-on.d = 'started'") + process("c", "depends-on.d = 'started'") + process("d"),
		"after the app":          process("a", "depends-on.app = 'started'") + process("b", "depends-on.a = 'started'") + process("c"),
		"after the app is ready": process("app", "readiness-probe.notify = true") + process("a", "depends-on.app = 'ready'"),
		"ready by startup":       process("a", "depends-on.b = 'ready'") + process("b", probed),
		"ready by readiness":     process("a", "depends-on.b = 'ready'") + process("b", "readiness-probe.notify = true"),
		"the app's own":          process("app", "depends-on.a = 'ready'") + process("a", probed),
		"completed":              process("a", "depends-on.b = 'completed'") + process("b"),
		"completed in the end":   process("a", "depends-on.b = 'completed'") + process("b", "restart = 'on-failure'"),
		"one type in common":     process("a", "depends-on.b = 'started'", "process-types = ['web', 'x']") + process("b", "process-types = ['y', 'x']"),
		"a name with spaces":     process("a", "depends-on.'B and C' = 'started'") + process("B and C"),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := declare.Parse([]byte(toml), "sidecar.toml")
			NewWithT(t).Expect(err).NotTo(HaveOccurred())
		})
	}
}

func TestDependenciesThatCannotBeMet(t *testing.T) {
	const round = "depends-on goes round in a circle, so that nothing in it could start: "
	for name, c := range map[string]struct {
		toml string
		want []string
	}{
		"itself":      {process("a", "depends-on.a = 'started'"), []string{round + "a -> a: take one out"}},
		"the app":     {process("app", "depends-on.app = 'started'"), []string{round + "app -> app: take one out"}},
		"two":         {process("a", "depends-on.b = 'started'") + process("b", "depends-on.a = 'started'"), []string{round + "a -> b -> a: take one out"}},
		"via the app": {process("app", "depends-on.b = 'started'") + process("b", "depends-on.c = 'started'") + process("c", "depends-on.app = 'started'"), []string{round + "app -> b -> c -> app: take one out"}},
		"behind others": {process("a", "depends-on.b = 'started'") + process("b", "depends-on = {c = 'started', d = 'started'}") + process("c") + process("d", "depends-on.b = 'started'"),
			[]string{round + "b -> d -> b: take one out"}},
		"two circles": {process("a", "depends-on.a = 'started'") + process("b", "depends-on.b = 'started'"),
			[]string{round + "a -> a: take one out", round + "b -> b: take one out"}},
		"two circles through one": {process("a", "depends-on = {b = 'started', c = 'started'}") + process("b", "depends-on.a = 'started'") + process("c", "depends-on.a = 'started'"),
			[]string{round + "a -> b -> a: take one out"}},
		"nobody": {process("a", "depends-on = {valt = 'started', 'x y' = 'started'}") + process("vault"), []string{
			`sidecars[0].depends-on.valt: there is no sidecar "valt": did you mean vault?`,
			`sidecars[0].depends-on."x y": there is no sidecar "x y": there are app, a, vault`,
		}},
		"ready without a probe": {process("app", "depends-on.a = 'ready'") + process("a", "depends-on.b = 'ready'") + process("b", "liveness-probe.notify = true"), []string{
			`app.depends-on.a is "ready", but a has neither a startup-probe nor a readiness-probe: add one, or write "started"`,
			`sidecars[0].depends-on.b is "ready", but b has neither a startup-probe nor a readiness-probe: add one, or write "started"`,
		}},
		"ready of an app without a probe": {process("a", "depends-on.app = 'ready'"), []string{
			`sidecars[0].depends-on.app is "ready", but app has neither a startup-probe nor a readiness-probe: add one, or write "started"`,
		}},
		"the app completed": {process("a", "depends-on.app = 'completed'"), []string{
			`sidecars[0].depends-on.app is "completed", but once the app has ended nothing else is started: write "started" or "ready"`,
		}},
		"completed and always restarted": {process("a", "depends-on.b = 'completed'") + process("b", "restart = 'always'"), []string{
			`sidecars[0].depends-on.b is "completed", but b has restart = "always" and never completes: write restart = "on-failure" or "never"`,
		}},
		"completed and essential": {process("a", "depends-on.b = 'completed'") + process("b", "essential = true"), []string{
			`sidecars[0].depends-on.b is "completed", but b is essential, so its end would stop the rest: leave out its essential = true`,
		}},
		"no type in common": {process("a", "depends-on.b = 'started'") + process("b", "process-types = ['worker']"), []string{
			`sidecars[0].depends-on.b: b never runs beside a: give both a process type in common in process-types`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := declare.Parse([]byte(c.toml), "sidecar.toml")
			expect := NewWithT(t).Expect
			expect(err).To(HaveOccurred())
			expect(strings.Split(err.Error(), "\n")).To(HaveExactElements(prefixed("sidecar.toml: ", c.want)))
		})
	}
}

func TestLongChainsAreCheckedAtOnce(t *testing.T) {
	const most = 10000
	var text strings.Builder
	for i := range most {
		text.WriteString(process(fmt.Sprintf("s%d", i), fmt.Sprintf("depends-on.s%d = 'started'", (i+1)%most)))
	}
	_, err := declare.Parse([]byte(text.String()), "sidecar.toml")
	NewWithT(t).Expect(err).To(MatchError(And(ContainSubstring("s0 -> s1 -> "), ContainSubstring("s9999 -> s0:"))))
}
