package declare_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
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
	server := forWeb("config-server", "./config-server")
	server.ProcessTypes = []string{"web", "worker"}
	server.Memory = plan.M // half a megabyte is dropped
	agent := forWeb("agent", "bash", "-c", "cd agent && ./run")
	agent.Memory = 10 * plan.M // a bare number is of megabytes
	expect(d).To(Equal(declare.Declaration{
		Shared:   true,
		Env:      map[string]string{"CONFIG_SERVER_PORT": "8082", "RATIO": "0.5", "VERBOSE": "true", "NOTHING": "", "ROUTES": `{"a":[1,"b"]}`},
		App:      declare.App{StopSignal: "SIGTERM", Logs: "raw"},
		Sidecars: []declare.Sidecar{server, agent, forWeb("bare", "./bare")},
	}))
}

func TestVariablesOfAManifestAreAsWritten(t *testing.T) {
	d, warnings, err := declare.ParseManifest([]byte(application("[]", `env:
    RELEASED: 2024-05-01
    AT: 2024-05-01T10:00:00Z
    LIMIT: 1000000.0
    VERSION: 1.0
    LONG: 123456789012345678901234567890
    OCTAL: 0644
    HEX: 0xFF
    "ON": on
    YES: yes
    NULL: ~
    EMPTY: ""
    TEXT: "a & b"
    FOLDED: >-
      a
      b
    BASE: &base {a: 1.0, b: "<&>"}
    RULES: {url: "https://example.com/?a=1&b=<x>", when: 2024-05-01, list: [0644, yes, ~, 1e3, .5]}
    SAME: *base
    dotted.name: x
    ON: last`)), "manifest.yml", "")
	expect := NewWithT(t).Expect
	expect(err).NotTo(HaveOccurred())
	expect(d.Env).To(Equal(map[string]string{
		"RELEASED": "2024-05-01", "AT": "2024-05-01T10:00:00Z", "LIMIT": "1000000.0", "VERSION": "1.0", "LONG": "123456789012345678901234567890",
		"OCTAL": "0644", "HEX": "0xFF", "ON": "last", "YES": "yes", "NULL": "", "EMPTY": "", "TEXT": "a & b", "FOLDED": "a b",
		"BASE": `{"a":1.0,"b":"<&>"}`, "SAME": `{"a":1.0,"b":"<&>"}`,
		"RULES":       `{"list":["0644","yes",null,1e3,".5"],"url":"https://example.com/?a=1&b=<x>","when":"2024-05-01"}`,
		"dotted.name": "x",
	}))
	expect(warnings).To(ConsistOf(
		HaveSuffix("the key ON is there twice: the last one counts"),
		HaveSuffix("env.\"dotted.name\" is no name that a shell or every platform can carry: only processes that the supervisor starts get it"),
	))
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
	expect(d.Sidecars).To(Equal([]declare.Sidecar{forWeb("one", "./other")}))
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
		return `Sidecar "((v))": ` + key + ` is "` + value + `": ((v)) is filled in by cf push, a build can't: ` +
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
			[]string{"manifest.yml: not YAML: mapping values are not allowed in this context"}},
		{"a list", "- a", []string{"manifest.yml: it is a list: begin it with applications:"}},
		{"a key that is a list", application("[{[1]: a, {2: b}: c}]"), []string{
			"manifest.yml: a key is a list or a table: write text", "manifest.yml: a key is a list or a table: write text",
		}},
		{"one application", "applications: {name: a}", []string{"manifest.yml: applications is a table: write a list of applications"}},
		{"sidecars", application("one"), []string{shop + `sidecars is "one": Sidecars must be an array of sidecar configurations`}},
		{"nothing", application("[{}]"), []string{
			shop + "sidecars[0]: Command can't be blank",
			shop + "sidecars[0]: Sidecar name can't be blank",
			shop + "sidecars[0]: Process types must have at least 1 process_type",
		}},
		{"blank", application("[{name: a, command: ' ', process_types: []}]"), []string{
			shop + `Sidecar "a": Command can't be blank`,
			shop + `Sidecar "a": Process types must have at least 1 process_type`,
		}},
		{"types", application("[{name: 5, command: [a], process_types: web, memory: {}}, 3]"), []string{
			shop + `sidecars[1] is 3: write a table`,
			shop + `Sidecar 5: name is 5: write "5", in quotes`,
			shop + `Sidecar 5: process_types is "web": write a list of text, such as ["web"]`,
			shop + `Sidecar 5: command is a list: write text in quotes`,
			shop + `Sidecar 5: memory is a table: Memory in mb is not a number more than 0: write whole megabytes, such as 64M`,
		}},
		{"memory",
			application("[{name: a, command: a, process_types: [web], memory: 100B}, {name: b, command: a, process_types: [web], memory: -1}, " +
				"{name: c, command: a, process_types: [web], memory: a lot}, {name: d, command: a, process_types: [web], memory: 1.5}]"), []string{
				shop + `Sidecar "a": memory is "100B": Memory in mb is not a number more than 0: write whole megabytes, such as 64M`,
				shop + `Sidecar "b": memory is -1: Memory in mb is not a number more than 0: write whole megabytes, such as 64M`,
				shop + `Sidecar "c": memory is "a lot": Memory in mb is not a number more than 0: write whole megabytes, such as 64M`,
				shop + `Sidecar "d": memory is 1.5: Memory in mb is not a number more than 0: write whole megabytes, such as 64M`,
			}},
		{"long", application("[{name: " + strings.Repeat("a", 256) + ", command: " + strings.Repeat("b", 4097) +
			", process_types: [web]}]"), []string{
			shop + `Sidecar "` + strings.Repeat("a", 80) + `…": Command is too long (maximum is 4096 characters)`,
			shop + `Sidecar "` + strings.Repeat("a", 80) + `…": Name is too long (maximum is 255 characters)`,
		}},
		{"an open quote", application(`[{name: a, command: "a 'b", process_types: [web]}]`), []string{
			shop +
				`Sidecar "a": command is "a 'b": it ends in the middle of a quote or an expansion: ` +
				`close it, or write a list, such as ["bash", "-c", "…"]`,
		}},
		{"variables", application("[{name: ((v)), command: a ((v)), process_types: [((v))], memory: ((v))}]"), []string{
			shop + fill("command", "a ((v))"), shop + fill("memory", "((v))"), shop + fill("name", "((v))"), shop + fill("process_types", "((v))"),
		}},
		{"what every declaration refuses",
			application("[{name: app, command: a, process_types: ['a b']}, {name: A B, command: a, process_types: [web]}, " +
				"{name: a-b, command: a, process_types: [web]}]"), []string{
				shop + `Sidecar "app": name is "app": that is the main process's name, choose another`,
				shop + `Sidecar "app": process_types[0] is "a b": a process type has only letters, digits, dots, underscores and hyphens`,
				shop + `Sidecar "a-b": its name becomes "a-b" in file names, as that of sidecar "A B" does: rename one`,
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
			shop + "env is a list: write a table, such as { LOG_LEVEL: info }",
			shop + "processes is 3: Processes must be an array of process configurations",
			shop + "memory is 64: Memory must use a supported unit: B, K, KB, M, MB, G, GB, T, or TB",
		}},
		{"a variable's name that is a path", application("[]", `env: {"../../x": 1, /etc/y: 2, "z\e[31m\nFORGED": 3}`), []string{
			shop + `env."../../x" is 1: a variable's name can't be empty or hold =, / or control characters, and its value no NUL`,
			shop + `env."/etc/y" is 2: a variable's name can't be empty or hold =, / or control characters, and its value no NUL`,
			shop + `env."z\x1b[31m\nFORGED" is 3: a variable's name can't be empty or hold =, / or control characters, and its value no NUL`,
		}},
		{"a variable's name", application("[]", `env: {A=B: 1, C: "a\0b"}`), []string{
			shop + `env."A=B" is 1: a variable's name can't be empty or hold =, / or control characters, and its value no NUL`,
			shop + `env.C is "a\x00b": a variable's name can't be empty or hold =, / or control characters, and its value no NUL`,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := declare.ParseManifest([]byte(c.yaml), "manifest.yml", "")
			expect := NewWithT(t).Expect
			expect(err).To(HaveOccurred())
			expect(told(err)).To(ConsistOf(c.want))
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
	expect(d.Sidecars).To(Equal([]declare.Sidecar{forWeb("a", "last"), forWeb("b", "b")}))
	expect(d.Env).To(Equal(map[string]string{"PLAIN": "$((1+1))"}))
	expect(told(errors.New(strings.Join(warnings, "\n")))).To(HaveExactElements(prefixed("manifest.yml: For application 'shop': ", []string{
		`env.SECRET is "x((vault/secret))", which cf push would fill in: it has no default in the image`,
		`Sidecar "a": Cloud Foundry drops the key process-types: did you mean process_types?`,
		`Sidecar "a": Cloud Foundry drops the key restart: there are name, process_types, command, memory`,
		`Sidecar "a": it is there twice: the last one counts, as in Cloud Foundry`,
	})))
}

func TestManifestsOfVersion2(t *testing.T) {
	d, warnings, err := declare.ParseManifest([]byte(`
version: 2
routes: [{url: x}]
apps:
- name: other
- name: shop
  environment_variables: {A: 1.0}
  processes:
  - {type: web, command: start-web.sh, scale: {memory: 256M, disk: 1G}}
  - {type: worker, scale: {memory: 900M}}
  sidecars:
  - name: authenticator
    processes: [{type: web}, {type: worker}]
    command: bundle exec run-authenticator
    scale: {memory: 255M}
    process_types: [web]
`), "manifest.yml", "")
	expect := NewWithT(t).Expect
	expect(err).NotTo(HaveOccurred())
	s := forWeb("authenticator", "bundle", "exec", "run-authenticator")
	s.ProcessTypes, s.Memory = []string{"web", "worker"}, 255*plan.M
	expect(d.Sidecars).To(Equal([]declare.Sidecar{s}))
	expect(d.Env).To(Equal(map[string]string{"A": "1.0"}))
	expect(warnings).To(ConsistOf(
		"manifest.yml:9:26: For application 'shop': command is not read: earlier buildpacks say what the process type web runs",
		HavePrefix(`manifest.yml:16:20: For application 'shop': Sidecar "authenticator": Cloud Foundry drops the key process_types: `),
	))
}

func TestManifestsOfVersion2WithErrors(t *testing.T) {
	const shop = "manifest.yml: For application 'shop': "
	_, _, err := declare.ParseManifest([]byte(`
version: 2
apps:
- name: shop
  processes: [{type: web, scale: {memory: 1G}}, {type: task, scale: {memory: 600M}}]
  sidecars:
  - {name: a, command: x, processes: [{type: web}, {type: task}], scale: {memory: 600M}}
  - {name: b, command: x, processes: [], scale: {memory: 1B}}
  - {name: c, command: x, processes: [{type: a b}, {type: ((v))}], scale: 5}
`), "manifest.yml", "")
	NewWithT(t).Expect(told(err)).To(ConsistOf(
		shop+`The memory allocation defined is too large to run with the dependent "task" process, which has 600M: give it more, or `+
			`its sidecars less`,
		shop+`Sidecar "b": Process types must have at least 1 process_type`,
		shop+`Sidecar "b": scale.memory is "1B": Memory in mb is not a number more than 0: write whole megabytes, such as 64M`,
		shop+`Sidecar "c": processes[0].type is "a b": a process type has only letters, digits, dots, underscores and hyphens`,
		HavePrefix(shop+`Sidecar "c": processes[1].type is "((v))": ((v)) is filled in by cf push`),
		shop+`Sidecar "c": scale is 5: write a table, such as { memory: 64M }`,
	))
}
