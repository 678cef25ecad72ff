package declare_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
)

// sources reads a sidecar.toml and a binding's.
func sources(t *testing.T, app, binding string) []declare.Source {
	t.Helper()
	var all []declare.Source
	for i, text := range []string{app, binding} {
		source, err := declare.ParseSource([]byte(text), []string{"sidecar.toml", `the binding "apm"`}[i])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, source)
	}
	return all
}

func TestMergePutsSourcesTogether(t *testing.T) {
	merged, err := declare.Merge(sources(t,
		"app.logs = 'json'\napp.depends-on.a = 'started'\n"+process("a", "depends-on.agent = 'ready'"),
		"app.stop-grace-period-seconds = 3\napp.depends-on.agent = 'ready'\n"+process("agent", "startup-probe.notify = true"),
	), false)
	expect := NewWithT(t).Expect
	expect(err).NotTo(HaveOccurred())
	expect(merged.App).To(Equal(declare.App{
		Logs: "json", StopSignal: "SIGTERM", StopGracePeriodSeconds: 3, DependsOn: map[string]string{"a": "started", "agent": "ready"},
	}))
	expect(merged.Sidecars).To(HaveLen(2))
	expect(merged.Sidecars[0]).To(And(HaveField("Name", "a"), HaveField("Origin", "sidecar.toml")))
	expect(merged.Sidecars[1]).To(And(HaveField("Name", "agent"), HaveField("Origin", `the binding "apm"`)))
}

func TestMergeTakesEverySettingOfTheApp(t *testing.T) {
	const settings = "[app]\nlogs = 'prefix'\nstop-signal = 'SIGINT'\nstop-grace-period-seconds = 1\nstartup-probe.notify = true\n" +
		"readiness-probe.notify = true\nliveness-probe.notify = true\ndepends-on.a = 'started'\n"
	all := sources(t, "", settings+process("a"))
	merged, err := declare.Merge(all, false)
	expect := NewWithT(t).Expect
	expect(err).NotTo(HaveOccurred())
	expect(merged.App).To(Equal(all[1].App))
}

func TestMergeRefusesWhatTwoSourcesDeclare(t *testing.T) {
	const both = " in sidecar.toml and in the binding \"apm\": "
	for _, c := range []struct {
		name, app, binding string
		want               []string
	}{
		{"a name", process("agent"), process("agent"), []string{`sidecar "agent" is declared` + both + "rename one"}},
		{"nearly a name", process("My Agent"), process("my-agent"), []string{
			`sidecar "My Agent" in sidecar.toml and sidecar "my-agent" in the binding "apm" both become "my-agent" in file names: rename one`}},
		{"settings", "app.logs = 'raw'\napp.startup-probe.notify = true", "app.logs = 'json'\napp.startup-probe.notify = true", []string{
			"app.logs is set" + both + "keep one", "app.startup-probe is set" + both + "keep one"}},
		{"what the app depends on", "app.depends-on.'a b' = 'started'\n" + process("a b"), "app.depends-on.'a b' = 'started'", []string{
			`app.depends-on."a b" is set` + both + "keep one"}},
		{"a wrong name", process("a", needs("agnt")), process("agent", needs("b")), []string{
			`sidecar.toml: sidecar "a": depends-on.agnt names no sidecar: did you mean agent?`,
			`the binding "apm": sidecar.toml: sidecar "agent": depends-on.b names no sidecar: there are app, a, agent`}},
		{"a circle", process("a", needs("b")), process("b", needs("a")), []string{
			`sidecar.toml: sidecar "a": depends-on.b goes round in a circle, so that nothing in it could start: a -> b -> a: take one out`}},
		{"nothing to be ready", process("a"), "app.depends-on.a = 'ready'", []string{
			`the binding "apm": sidecar.toml: app.depends-on.a is "ready", but a has neither a startup-probe nor a readiness-probe: add ` +
				`one, or write "started"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := declare.Merge(sources(t, c.app, c.binding), false)
			expect := NewWithT(t).Expect
			expect(err).To(HaveOccurred())
			expect(told(err)).To(Equal(c.want))
		})
	}
}

func TestMergeWaitsForNamesOfFurtherSources(t *testing.T) {
	_, err := declare.Merge(sources(t, process("a", needs("from-a-buildpack")), ""), true)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	_, err = declare.Merge(sources(t, process("a", needs("a", "from-a-buildpack")), ""), true)
	NewWithT(t).Expect(err).To(MatchError(ContainSubstring("a -> a")))
}
