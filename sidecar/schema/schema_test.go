package schema_test

import (
	"bytes"
	"testing"

	"github.com/BurntSushi/toml"
	. "github.com/onsi/gomega"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/schema"
)

const agent = "[[sidecars]]\nname = \"agent\"\ncommand = \"./agent\"\n"

// documents are sidecar.toml files, and whether they are right. What only the whole of a document can tell, such as a cycle, is not for a
// schema to say.
var documents = map[string]bool{
	agent: true,
	"#:schema ./sidecar.schema.json\n" + agent:                                                       true,
	agent + "memory = \"64M\"\nmemory-policy = \"restart\"\nessential = false\n":                     true,
	agent + "process-types = [\"*\"]\nfiles = [\"conf\"]\nworking-dir = \"conf\"\n":                  true,
	agent + "inherit-env = false\nenv = { NAME = \"x\" }\n":                                          true,
	agent + "inherit-env = [\"PATH\"]\n":                                                             true,
	agent + "restart = \"on-failure\"\nmax-restarts = 3\nrestart-window-seconds = 0.5\n":             true,
	agent + "stop-signal = \"SIGINT\"\nstop-grace-period-seconds = 0\nlogs = \"json\"\n":             true,
	agent + "startup-probe = { http-get = { port = 8082, path = \"/\" }, failure-threshold = 5 }\n":  true,
	agent + "liveness-probe = { exec = { command = [\"true\"] }, period-seconds = 0.5 }\n":           true,
	agent + "readiness-probe = { grpc = { port = 1, service = \"a\" } }\n":                           true,
	agent + "startup-probe = { notify = true }\n":                                                    true,
	"[app]\nlogs = \"json\"\ndepends-on = { agent = \"started\" }\n" + agent:                         true,
	agent + "[[sidecars.dependencies]]\nuri = \"https://a/b\"\nsha256 = \"" + sum + "\"\n":           true,
	"[[sidecars]]\ncommand = \"./agent\"\n":                                                          false, // no name
	"[[sidecars]]\nname = \"agent\"\n":                                                               false, // no command
	agent + "comand = 1\n":                                                                           false, // an unknown key
	agent + "memory = 64\n":                                                                          false, // no text
	agent + "restart = \"allways\"\n":                                                                false,
	agent + "restart = true\n":                                                                       false,
	agent + "max-restarts = -1\n":                                                                    false,
	agent + "max-restarts = 1.5\n":                                                                   false,
	agent + "stop-grace-period-seconds = \"5\"\n":                                                    false,
	agent + "restart-window-seconds = 0\n":                                                           false,
	agent + "essential = \"no\"\n":                                                                   false,
	agent + "files = \"conf\"\n":                                                                     false,
	agent + "depends-on = { b = \"up\" }\n":                                                          false,
	agent + "depends-on = \"b\"\n":                                                                   false,
	agent + "logs = \"loud\"\n":                                                                      false,
	agent + "env = { A = 1 }\n":                                                                      false,
	agent + "inherit-env = \"PATH\"\n":                                                               false,
	agent + "startup-probe = { http-get = { port = \"8082\" } }\n":                                   false,
	agent + "startup-probe = { http-get = { port = 0 } }\n":                                          false,
	agent + "startup-probe = { http = { port = 80 } }\n":                                             false,
	agent + "[[sidecars.dependencies]]\nuri = \"https://a/b\"\n":                                     false, // no sha256
	agent + "[[sidecars.dependencies]]\nuri = \"https://a\"\nsha256 = \"" + sum + "\"\narch = \"x\"": false,
	"[[sidecar]]\nname = \"agent\"\n":                                                                false,
	"sidecars = \"agent\"\n":                                                                         false,
	"app = 1\n":                                                                                      false,
}

const sum = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

func TestSchemaAndParserAgree(t *testing.T) {
	text, err := schema.JSON()
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft7)
	if err := compiler.AddResource("sidecar.schema.json", document); err != nil {
		t.Fatal(err)
	}
	compiled := compiler.MustCompile("sidecar.schema.json")
	for text, right := range documents {
		g := NewWithT(t)
		var fields map[string]any
		_, err := toml.Decode(text, &fields)
		g.Expect(err).NotTo(HaveOccurred(), text)
		_, parsed := declare.Parse([]byte(text), "sidecar.toml")
		g.Expect(parsed == nil).To(Equal(right), "the parser says %v of\n%s", parsed, text)
		checked := compiled.Validate(plain(fields))
		g.Expect(checked == nil).To(Equal(right), "the schema says %v of\n%s", checked, text)
	}
}

func TestDescriptionsAreNoMarkdownForAPage(t *testing.T) {
	text, err := schema.JSON()
	expect := NewWithT(t).Expect
	expect(err).NotTo(HaveOccurred())
	expect(string(text)).NotTo(ContainSubstring("]("))
	expect(string(text)).To(ContainSubstring("see security (docs/security.md#sandbox)"))
}

// plain returns what TOML decodes as JSON has it.
func plain(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key := range v {
			v[key] = plain(v[key])
		}
		return v
	case []map[string]any:
		var list []any
		for _, item := range v {
			list = append(list, plain(item))
		}
		return list
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
		return v
	}
	return value
}
