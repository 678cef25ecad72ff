package declare_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

const launch = `
processes:
- type: web
  command: run me
- type: newrelic
  command: "run new relic"
  limits: {memory: 10}
  platforms: {cloudfoundry: {sidecar_for: [web, worker]}}
- type: later
  command: x
  platforms: {cloudfoundry: {sidecar_for: []}, other: {}}
`

func TestLaunchFilesHaveSidecars(t *testing.T) {
	source, err := declare.ParseLaunch([]byte(launch), "launch.yml")
	expect := NewWithT(t).Expect
	expect(err).NotTo(HaveOccurred())
	sidecar := forWeb("newrelic", "run", "new", "relic")
	sidecar.ProcessTypes = []string{"web", "worker"}
	sidecar.Memory = 10 * plan.M
	expect(source).To(Equal(declare.Source{
		Declaration: declare.Declaration{
			Shared: true, App: declare.App{StopSignal: "SIGTERM", Logs: "raw"}, Sidecars: []declare.Sidecar{sidecar},
		},
		Origin: "launch.yml",
	}))
}

func TestLaunchFilesWithoutSidecars(t *testing.T) {
	for _, text := range []string{"", "processes: []", "processes: [{type: web, command: x}]", "services: {a: 1}"} {
		source, err := declare.ParseLaunch([]byte(text), "launch.yml")
		expect := NewWithT(t).Expect
		expect(err).NotTo(HaveOccurred())
		expect(source.Sidecars).To(BeEmpty())
	}
}

func TestLaunchFilesWithWarnings(t *testing.T) {
	source, err := declare.ParseLaunch([]byte(`processes:
- {type: a, command: first, platforms: {cloudfoundry: {sidecar_for: [web]}}}
- {type: a, comand: x, command: second, limits: {disk: 1}, platforms: {cloudfoundry: {sidecar_for: [web]}}}`), "launch.yml")
	expect := NewWithT(t).Expect
	expect(err).NotTo(HaveOccurred())
	expect(source.Sidecars).To(Equal([]declare.Sidecar{forWeb("a", "second")}))
	expect(source.Warnings).To(HaveExactElements(
		`launch.yml:3:10: Sidecar "a": it is there twice: the last one counts, as in Cloud Foundry`,
		`launch.yml:3:21: Sidecar "a": Cloud Foundry drops the key comand: did you mean command?`,
		`launch.yml:3:56: Sidecar "a": Cloud Foundry drops the key disk: there are memory`,
	))
}

func TestLaunchFilesWithErrors(t *testing.T) {
	process := func(more string) string {
		return "processes: [{command: x, platforms: {cloudfoundry: {sidecar_for: [web]}}, " + more + "}]"
	}
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"no YAML", "a: b: c", []string{"not YAML: mapping values are not allowed in this context"}},
		{"a list", "- a", []string{"it is a list: begin it with processes:"}},
		{"no list", "processes: a", []string{`processes is "a": write a list of processes`}},
		{"no name", process("limits: {}"), []string{"processes[0]: type is missing: it is the sidecar's name"}},
		{"no command", "processes: [{type: a, platforms: {cloudfoundry: {sidecar_for: [web]}}}]", []string{
			`Sidecar "a": Command can't be blank`}},
		{"memory with a unit", process(`type: a, limits: {memory: 10M}`), []string{
			`Sidecar "a": limits.memory is "10M": write whole megabytes as a number, such as 64`}},
		{"less than no memory", process(`type: a, limits: {memory: -1}`), []string{
			`Sidecar "a": limits.memory is -1: write whole megabytes as a number, such as 64`}},
		{"sidecar_for is text", "processes: [{type: a, command: x, platforms: {cloudfoundry: {sidecar_for: web}}}]", []string{
			`processes[0].platforms.cloudfoundry.sidecar_for is "web": write a list of text, such as ["web"]`}},
		{"the app's name", process("type: app"), []string{`Sidecar "app": type is "app": that is the main process's name, choose another`}},
		{"a process type", "processes: [{type: a, command: x, platforms: {cloudfoundry: {sidecar_for: [a b]}}}]", []string{
			`processes[0].platforms.cloudfoundry.sidecar_for[0] is "a b": a process type has only letters, digits, dots, underscores and hyphens`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := declare.ParseLaunch([]byte(c.text), "launch.yml")
			expect := NewWithT(t).Expect
			expect(err).To(HaveOccurred())
			expect(told(err)).To(ConsistOf(prefixed("launch.yml: ", c.want)))
		})
	}
}
