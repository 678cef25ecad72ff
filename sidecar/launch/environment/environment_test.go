package environment_test

import (
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/environment"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// write makes a directory with files and returns it.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

var app = []string{"PORT=8080", "HOME=/home/cnb", "EMPTY="}

func TestWhatASidecarSees(t *testing.T) {
	for name, c := range map[string]struct {
		inherit []string
		env     map[string]string
		want    []string
	}{
		"all":                        {[]string{plan.Everything}, nil, app},
		"nothing":                    {[]string{}, nil, nil},
		"by name":                    {[]string{"PORT", "NONE"}, nil, []string{"PORT=8080"}},
		"its own":                    {[]string{}, map[string]string{"A": "1"}, []string{"A=1"}},
		"its own in another's place": {[]string{plan.Everything}, map[string]string{"PORT": "1"}, []string{"PORT=1", "HOME=/home/cnb", "EMPTY="}},
		"references to the app's": {[]string{}, map[string]string{"URL": "http://x:$(PORT)/$(EMPTY)$(NONE)"},
			[]string{"URL=http://x:8080/$(NONE)"}},
		"to its own": {[]string{}, map[string]string{"A": "$(B)-a", "B": "$(C)-b", "C": "c"},
			[]string{"A=c-b-a", "B=c-b", "C=c"}},
		"to itself": {[]string{}, map[string]string{"PORT": "1$(PORT)", "X": "$(X)"}, []string{"PORT=18080", "X=$(X)"}},
		"round in a circle": {[]string{}, map[string]string{"A": "a$(B)", "B": "b$(A)"},
			[]string{"A=ab$(A)", "B=ba$(B)"}},
		"escaped": {[]string{}, map[string]string{"A": "$$(PORT)"}, []string{"A=$(PORT)"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, env, err := environment.Of(app, plan.Process{Name: "agent", InheritEnv: c.inherit, Env: c.env})
			expect := NewWithT(t).Expect
			expect(err).NotTo(HaveOccurred())
			expect(env).To(ConsistOf(c.want))
		})
	}
}

func TestACommandRefersToItsOwnEnvironment(t *testing.T) {
	p := plan.Process{Command: []string{"./agent", "--port=$(PORT)", "$(HOME)", "$PORT", "$$(PORT)"}, Env: map[string]string{"PORT": "1"}}
	argv, _, err := environment.Of(app, p)
	expect := NewWithT(t).Expect
	expect(err).NotTo(HaveOccurred())
	expect(argv).To(Equal([]string{"./agent", "--port=1", "$(HOME)", "$PORT", "$(PORT)"}))
}

func TestVariablesThatAreReadAtLaunch(t *testing.T) {
	bindings := write(t, map[string]string{
		"apm/type": "APM\n", "apm/provider": "acme", "apm/api-key": "s3cret\n", "apm/.hidden": "x",
		"db-1/type": "postgresql", "db-1/uri": "one", "db-2/type": "postgresql", "db-2/uri": "two", "..data/x": "y",
	})
	file := filepath.Join(write(t, map[string]string{"secrets.env": "# mine\n\nTOKEN=a=b c \r\nEMPTY=\n  NAME = x\n"}), "secrets.env")
	environ := append([]string{"SERVICE_BINDING_ROOT=" + bindings}, app...)
	of := func(sources ...plan.EnvFrom) ([]string, error) {
		_, env, err := environment.Of(environ, plan.Process{Name: "agent", EnvFrom: sources, Env: map[string]string{"EMPTY": "no"}})
		return env, err
	}
	expect := NewWithT(t).Expect
	expect(of(plan.EnvFrom{File: file})).To(ConsistOf("TOKEN=a=b c ", "EMPTY=no", "NAME= x"))
	expect(of(plan.EnvFrom{Binding: "apm", Prefix: "APM_"})).To(ConsistOf("APM_API_KEY=s3cret", "EMPTY=no"))
	expect(of(plan.EnvFrom{Binding: "db-1"}, plan.EnvFrom{Binding: "db-2"})).To(ConsistOf("URI=two", "EMPTY=no"))
	for want, source := range map[string]plan.EnvFrom{
		`several bindings are of type "PostgreSQL": name one of db-1, db-2`:   {Binding: "PostgreSQL"},
		`no binding in ` + bindings + ` has the name or the type "vault"`:     {Binding: "vault"},
		`open /nowhere/x: no such file or directory`:                          {File: "/nowhere/x"},
		bindings + ` is no file, or larger than 2 MiB`:                        {File: bindings},
		filepath.Join(bindings, "apm/api-key") + ": line 1 is not NAME=value": {File: filepath.Join(bindings, "apm/api-key")},
	} {
		_, err := of(source)
		if source.File == "/nowhere/x" {
			want = "stat /nowhere/x: no such file or directory"
		}
		expect(err).To(MatchError(`sidecar "agent": env-from: ` + want))
	}
}

func TestAManifestsVariablesGoBeforeBuildpacksDefaults(t *testing.T) {
	layers := write(t, map[string]string{
		"a_node/node/env.launch/NODE_ENV.default":    "production",
		"a_node/node/env.launch/web/ONLY.default":    "for web",
		"a_node/node/env/OPTIONS.append":             "-a",
		"a_node/node/env.launch/OPTIONS.append":      "-b",
		"a_node/node/env.launch/OPTIONS.delim":       " ",
		"a_node/other/env.launch/NODE_ENV.default":   "second",
		"b_java/jre/env.launch/JAVA_HOME.override":   "/jre",
		"b_java/jre/env.launch/PLAIN":                "plain",
		"b_java/jre/env.launch/worker/TYPED.default": "for worker",
	})
	p := plan.Plan{Type: "web", Buildpacks: []string{filepath.Join(layers, "a_node"), filepath.Join(layers, "b_java"), "/nowhere"}}
	for name, c := range map[string]struct{ name, value, want string }{
		"not set":                        {"NEW", "", "mine"},
		"a default":                      {"NODE_ENV", "production", "mine"},
		"a default that was overridden":  {"NODE_ENV", "test", "test"},
		"another buildpack's default":    {"NODE_ENV", "second", "second"},
		"a default for the process type": {"ONLY", "for web", "mine"},
		"one for another process type":   {"TYPED", "for worker", "for worker"},
		"put together":                   {"OPTIONS", "-a -b", "mine"},
		"put behind the platform's":      {"OPTIONS", "-p-a -b", "-p-a -b"},
		"what a buildpack insists on":    {"JAVA_HOME", "/jre", "/jre"},
		"and without saying so":          {"PLAIN", "plain", "plain"},
	} {
		t.Run(name, func(t *testing.T) {
			p.Env = map[string]string{c.name: "mine"}
			environ := append([]string{}, app...)
			if c.value != "" {
				environ = append(environ, c.name+"="+c.value)
			}
			before := append([]string{}, environ...)
			NewWithT(t).Expect(environment.Declared(environ, p)).To(ConsistOf(append([]string{c.name + "=" + c.want}, app...)))
			NewWithT(t).Expect(environ).To(Equal(before))
		})
	}
}
