package declare_test

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/memory"
)

func TestParseManifest(t *testing.T) {
	d, warnings, err := declare.ParseManifest([]byte(`
---
version: 1
applications:
- name: sidecar-dependent-app
  disk_quota: 1G
  instances: 1
  memory: 256M
  random-route: true
  env:
    CONFIG_SERVER_PORT: 8082
    RATIO: 0.5
    VERBOSE: true
    NOTHING:
    ROUTES: {a: [1, b]}
  sidecars:
  - name: config-server
    process_types: [web, worker]
    command: ./config-server
    memory: 1.5m
  - name: agent
    process_types:
    - web
    command: cd agent && ./run
    memory: 10
  - name: bare
    process_types: [web]
    command: ./bare
`), "manifest.yml", "")
	expect := NewWithT(t).Expect
	expect(err).NotTo(HaveOccurred())
	expect(warnings).To(BeEmpty())
	server := defaults("config-server", "./config-server")
	server.ProcessTypes = []string{"web", "worker"}
	server.Memory = memory.M // half a megabyte is dropped
	agent := defaults("agent", "bash", "-c", "cd agent && ./run")
	agent.Memory = 10 * memory.M // a bare number is of megabytes
	expect(d).To(Equal(declare.Declaration{
		Env:      map[string]string{"CONFIG_SERVER_PORT": "8082", "RATIO": "0.5", "VERBOSE": "true", "NOTHING": "", "ROUTES": `{"a":[1,"b"]}`},
		App:      declare.App{Logs: "raw"},
		Sidecars: []declare.Sidecar{server, agent, defaults("bare", "./bare")},
	}))
}

func TestManifestsWithAnchors(t *testing.T) {
	d, _, err := declare.ParseManifest([]byte(`
common: &common
  memory: 1G
  sidecars: &sidecars
  - &one {name: one, command: ./one, process_types: [web]}
applications:
- <<: *common
  name: a
- name: b
  sidecars:
  - <<: *one
    command: ./other
`), "manifest.yml", "b")
	expect := NewWithT(t).Expect
	expect(err).NotTo(HaveOccurred())
	expect(d.Sidecars).To(Equal([]declare.Sidecar{defaults("one", "./other")}))
}

func TestTheApplicationOfAManifest(t *testing.T) {
	const (
		plain = "- {name: plain}\n"
		first = "- {name: first, sidecars: [{name: one, command: x, process_types: [web]}]}\n"
		other = "- {name: other, sidecars: [{name: two, command: x, process_types: [web]}]}\n"
	)
	for _, c := range []struct {
		name, applications, application string
		want                            string // the sidecar's name, or the error
	}{
		{"the only one", first, "", "one"},
		{"the only one with sidecars", plain + other, "", "two"},
		{"the one named", first + other, "other", "two"},
		{"one named without sidecars", plain + first, "plain", ""},
		{"none with sidecars", plain, "", ""},
		{"several", plain + first + other, "",
			"manifest.yml: several applications have sidecars: set BP_SIDECAR_APPLICATION to one of first, other"},
		{"an unknown one", plain + first, "x",
			`manifest.yml: there is no application "x", which BP_SIDECAR_APPLICATION names: there are plain, first`},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, _, err := declare.ParseManifest([]byte("applications:\n"+c.applications), "manifest.yml", c.application)
			expect := NewWithT(t).Expect
			switch {
			case err != nil:
				expect(err).To(MatchError(c.want))
			case len(d.Sidecars) == 0:
				expect(c.want).To(BeEmpty())
			default:
				expect(d.Sidecars[0].Name).To(Equal(c.want))
			}
		})
	}
}

func TestManifestsThatSayNothingOfSidecars(t *testing.T) {
	for _, text := range []string{"", "---", "{}", "applications:", "applications: []", "applications: [{name: a, sidecars: }]", "a: b"} {
		d, warnings, err := declare.ParseManifest([]byte(text), "manifest.yml", "")
		expect := NewWithT(t).Expect
		expect(err).NotTo(HaveOccurred(), text)
		expect(warnings).To(BeEmpty(), text)
		expect(d.Sidecars).To(BeEmpty(), text)
	}
}

// application puts what is under its key sidecars, and more, into a manifest.
func application(sidecars string, more ...string) string {
	return "applications:\n- name: shop\n  " + strings.Join(append(more, "sidecars: "+sidecars), "\n  ")
}

func TestManifestsWithErrors(t *testing.T) {
	const shop = "manifest.yml: For application 'shop': "
	fill := func(key, value string) string {
		return `sidecars[0].` + key + ` is "` + value + `": ((v)) is filled in by cf push, a build can't: ` +
			"write its value, or declare the sidecars in sidecar.toml"
	}
	tooLarge := func(processType, size string) string {
		return fmt.Sprintf("The memory allocation defined is too large to run with the dependent %q process, which has %s: "+
			"give it more, or its sidecars less", processType, size)
	}
	for _, c := range []struct {
		name, yaml string
		want       []string
	}{
		{"no YAML", "applications:\n- name: a\n   memory: 1G",
			[]string{"manifest.yml: not a manifest: line 3: mapping values are not allowed in this context"}},
		{"a list", "- a", []string{"manifest.yml: not a manifest: it begins with applications:"}},
		{"a key twice", "applications: []\napplications: []", []string{
			`manifest.yml: not a manifest: unmarshal errors: line 2: mapping key "applications" already defined at line 1`,
		}},
		{"one application", "applications: {name: a}", []string{"manifest.yml: applications is a table: write a list of applications"}},
		{"sidecars", application("one"), []string{shop + `sidecars is "one": Sidecars must be an array of sidecar configurations`}},
		{"nothing", application("[{}]"), []string{
			shop + "sidecars[0]: Command can't be blank",
			shop + "sidecars[0]: Sidecar name can't be blank",
			shop + "sidecars[0]: Process types must have at least 1 process_type",
		}},
		{"keys that are no text", application("[{1: a}]"), []string{
			shop + "sidecars[0] is a table with keys that are no text, which have to be in quotes: write a table",
		}},
		{"blank", application("[{name: a, command: ' ', process_types: []}]"), []string{
			shop + `Sidecar "a": Command can't be blank`,
			shop + `Sidecar "a": Process types must have at least 1 process_type`,
		}},
		{"types", application("[{name: 5, command: [a], process_types: web, memory: {}}, 3]"), []string{
			shop + `sidecars[1] is 3: write a table`,
			shop + `sidecars[0].name is 5: write text in quotes`,
			shop + `sidecars[0].process_types is "web": write a list of text, such as ["web"]`,
			shop + `sidecars[0].command is a list: write text in quotes`,
			shop + `sidecars[0].memory is a table: Memory in mb is not a number more than 0: write whole megabytes, such as 64M`,
		}},
		{"memory",
			application("[{name: a, command: a, process_types: [web], memory: 100B}, {name: b, command: a, process_types: [web], memory: -1}, " +
				"{name: c, command: a, process_types: [web], memory: a lot}, {name: d, command: a, process_types: [web], memory: 1.5}]"), []string{
				shop + `sidecars[0].memory is "100B": Memory in mb is not a number more than 0: write whole megabytes, such as 64M`,
				shop + `sidecars[1].memory is -1: Memory in mb is not a number more than 0: write whole megabytes, such as 64M`,
				shop + `sidecars[2].memory is "a lot": Memory in mb is not a number more than 0: write whole megabytes, such as 64M`,
				shop + `sidecars[3].memory is 1.5: Memory in mb is not a number more than 0: write whole megabytes, such as 64M`,
			}},
		{"long", application("[{name: " + strings.Repeat("a", 256) + ", command: " + strings.Repeat("b", 4097) +
			", process_types: [web]}]"), []string{
			shop + `Sidecar "` + strings.Repeat("a", 80) + `…": Command is too long (maximum is 4096 characters)`,
			shop + `Sidecar "` + strings.Repeat("a", 80) + `…": Name is too long (maximum is 255 characters)`,
		}},
		{"an open quote", application(`[{name: a, command: "a 'b", process_types: [web]}]`), []string{
			shop +
				`sidecars[0].command is "a 'b": it ends in the middle of a quote or an expansion: ` +
				`close it, or write a list, such as ["bash", "-c", "…"]`,
		}},
		{"variables", application("[{name: ((v)), command: a ((v)), process_types: [((v))], memory: ((v))}]"), []string{
			shop + fill("command", "a ((v))"), shop + fill("memory", "((v))"), shop + fill("name", "((v))"), shop + fill("process_types", "((v))"),
		}},
		{"what every declaration refuses",
			application("[{name: app, command: a, process_types: ['a b']}, {name: A B, command: a, process_types: [web]}, " +
				"{name: a-b, command: a, process_types: [web]}]"), []string{
				shop + `sidecars[0].name is "app": that is the main process's name, choose another`,
				shop + `sidecars[0].process_types[0] is "a b": a process type has only letters, digits, dots, underscores and hyphens`,
				shop + `sidecars[2].name is "a-b" and sidecars[1].name is "A B", which both become "a-b" in file names: rename one`,
			}},
		{"the sum",
			application("[{name: a, command: a, process_types: [web, task], memory: 600M}, "+
				"{name: b, command: a, process_types: [web], memory: 424M}]",
				"memory: 1G", "processes: [{type: task, memory: 600M}, {type: worker, memory: 1M}]"), []string{
				shop + tooLarge("task", "600M"),
				shop + tooLarge("web", "1G"),
			}},
		{"a sum beyond all bounds",
			application("[{name: a, command: a, process_types: [web], memory: 8000000T}, "+
				"{name: b, command: a, process_types: [web], memory: 8000000T}]",
				"memory: 8000000T"), []string{
				shop + tooLarge("web", "8000000T"),
			}},
		{"the application's own", application("[]", "memory: 64", "env: [a]", "processes: 3"), []string{
			shop + "env is a list: write a table, { … }",
			shop + "processes is 3: Processes must be an array of process configurations",
			shop + "memory is 64: Memory must use a supported unit: B, K, KB, M, MB, G, GB, T, or TB",
		}},
		{"a variable's name", application("[]", `env: {A=B: 1, C: "a\0b"}`), []string{
			shop + `env."A=B" is 1: a variable's name can't be empty or hold =, and neither it nor its value a NUL`,
			shop + `env.C is "a\x00b": a variable's name can't be empty or hold =, and neither it nor its value a NUL`,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := declare.ParseManifest([]byte(c.yaml), "manifest.yml", "")
			expect := NewWithT(t).Expect
			expect(err).To(HaveOccurred())
			expect(strings.Split(err.Error(), "\n")).To(HaveExactElements(c.want))
		})
	}
}

func TestMemoryThatIsEnough(t *testing.T) {
	for _, more := range [][]string{nil, {"memory: ((memory))"}, {"memory: 101M"}, {"memory: 1M",
		"processes: [{type: web, memory: 101M}]"}, {"memory: 1M", "processes: [{type: web}]"}} {
		_, _, err := declare.ParseManifest([]byte(application("[{name: a, command: a, process_types: [web], memory: 100M}]", more...)),
			"manifest.yml", "")
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
	}
}

func TestManifestsWithWarnings(t *testing.T) {
	d, warnings, err := declare.ParseManifest([]byte(application(`
  - {name: a, command: first, process_types: [web], process-types: [worker], restart: always}
  - {name: b, command: b, process_types: [web]}
  - {name: a, command: last, process_types: [web]}`, `env: {SECRET: "x((vault/secret))", PLAIN: "$((1+1))"}`)), "manifest.yml", "")
	expect := NewWithT(t).Expect
	expect(err).NotTo(HaveOccurred())
	expect(d.Sidecars).To(Equal([]declare.Sidecar{defaults("a", "last"), defaults("b", "b")}))
	expect(d.Env).To(Equal(map[string]string{"PLAIN": "$((1+1))"}))
	expect(warnings).To(HaveExactElements(prefixed("manifest.yml: For application 'shop': ", []string{
		`env.SECRET is "x((vault/secret))", which cf push would fill in: it has no default in the image`,
		`Sidecar "a": Cloud Foundry drops the key process-types: did you mean process_types?`,
		`Sidecar "a": Cloud Foundry drops the key restart: there are name, process_types, command, memory`,
		`Sidecar "a" is there twice: the last one counts, as in Cloud Foundry`,
	})))
}
