package plan

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	. "github.com/onsi/gomega"
	"pgregory.net/rapid"

	"github.com/sidecar-buildpack/sidecar/integration/bounded"
)

// anything makes plans in which each field may have any value that can be written, so that no field goes without a row.
func anything() *rapid.Generator[[]Plan] {
	types := map[reflect.Type]*rapid.Generator[any]{
		reflect.TypeFor[float64]():              rapid.Float64Range(0, 1e20).AsAny(),
		reflect.TypeFor[Size]():                 rapid.Custom(func(t *rapid.T) Size { return Size(rapid.Int64Min(0).Draw(t, "size")) }).AsAny(),
		reflect.TypeFor[map[string]string]():    entries[string]().AsAny(),
		reflect.TypeFor[map[string]Condition](): entries[Condition]().AsAny(),
	}
	made := rapid.MakeConfig{Types: types}
	types[reflect.TypeFor[[]EnvFrom]()] = tables[EnvFrom](made).AsAny()
	types[reflect.TypeFor[[]Process]()] = tables[Process](made).AsAny()
	return tables[Plan](made)
}

// entries makes maps. An empty one says no more than none.
func entries[T ~string]() *rapid.Generator[map[string]T] {
	return rapid.Custom(func(t *rapid.T) (m map[string]T) {
		for _, key := range rapid.SliceOfN(rapid.String(), 0, 3).Draw(t, "keys") {
			if m == nil {
				m = map[string]T{}
			}
			m[key] = T(rapid.String().Draw(t, "value"))
		}
		return m
	})
}

// tables makes lists of tables, which aren't there when they are empty.
func tables[T any](made rapid.MakeConfig) *rapid.Generator[[]T] {
	return rapid.OneOf(rapid.Just([]T(nil)), rapid.SliceOfN(rapid.MakeCustom[T](made), 1, 2))
}

// read returns what a text says to a supervisor.
func read(text string) ([]Plan, error) {
	var f file
	_, err := f.read(text)
	return f.plans, err
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plans := anything().Draw(t, "plans")
		NewWithT(t).Expect(read(string(encode(plans)))).To(Equal(plans))
	})
}

func TestTheFileIsTOML(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plans := anything().Draw(t, "plans")
		expect := NewWithT(t).Expect
		var all map[string]any
		expect(toml.Unmarshal(encode(plans), &all)).To(Succeed())
		var others bytes.Buffer
		expect(toml.NewEncoder(&others).Encode(all)).To(Succeed())
		expect(read(others.String())).To(Equal(plans))
	})
}

func TestPeopleMayEditTheFile(t *testing.T) {
	expect := NewWithT(t).Expect
	expect(read("# by hand\n[[ignored]]\nx = { y = 1 }\n[ignored.too]\n[[plans]] # the first\n" +
		"  type= \"a # b\" # and no more\n\n\tbuildpacks = [ \"a\" ,\"b\", ]\nunknown = 1979-05-27\n" +
		"[plans.\"app\"]\nmax-restarts = 3\nrestart-window-seconds = 60\n" +
		"[plans.app.env]\n\"a b\" = \"\"\n[plans.app.liveness-probe.exec]\ncommand = []\n")).
		To(Equal([]Plan{{Type: "a # b", Buildpacks: []string{"a", "b"}, App: Process{
			MaxRestarts: 3, RestartWindowSeconds: 60, Env: map[string]string{"a b": ""},
			Probes: Probes{LivenessProbe: &Probe{Exec: &Exec{Command: []string{}}}},
		}}}))
}

func TestWhatNoBuildWritesIsAnErrorInItsLine(t *testing.T) {
	for _, line := range []string{
		"what", "= 1", "[plans]", "[[version]]", "[version]", "[plans.app]", "[[plans]", "[plans.app", "[[plans]] x", "plans = 1",
		"version = \"1\"", "version = 1 1", "version = 1.5", `version = "`, "[[plans]]\ntype = 'web'", "[[plans]]\ntype = \"a\\q\"",
		"[[plans]]\ntype = \"a\" \"b\"", "[[plans]]\nbuildpacks = [\"a\"", "[[plans]]\nbuildpacks = [\"a\" \"b\"]", "[[plans]]\nbuildpacks = [1]",
		"[[plans]]\nenv = { A = \"b\" }", "[[plans]]\n[plans.env]\nA = 1", "[[plans]]\n[plans.env.x]", "[[plans]]\n[[plans.app]]",
		"[[plans]]\n[plans.app]\nessential = yes", "[[plans]]\n[plans.app]\nmemory = \"much\"", "[[plans]]\n[plans.app]\nmax-restarts = 1_000",
	} {
		var f file
		number, err := f.read("\n" + line)
		expect := NewWithT(t).Expect
		expect(err).To(MatchError(errForm), line)
		expect(number).To(Equal(2 + strings.Count(line, "\n")))
	}
}

func FuzzRead(f *testing.F) {
	f.Add("version = 1\n[[plans]]\ntype = \"web\"\n[plans.app]\nname = \"app\"\n" +
		"[[plans.sidecars]]\nname = \"\\u0061\"\ncommand = [\"a\", \"b\"]")
	f.Add("[[plans]]\n[plans.env]\n\"A\" = \"b\" # c\n[plans.app.startup-probe.http-get]\nport = 80\n[plans.app.sandbox]\nread = []")
	f.Fuzz(func(t *testing.T, text string) {
		bounded.Do(t, 16<<20+1000*uint64(len(text)), func() {
			plans, err := read(text)
			if err != nil {
				return
			}
			expect := NewWithT(t).Expect
			written := string(encode(plans))
			again, err := read(written)
			expect(err).NotTo(HaveOccurred())
			expect(string(encode(again))).To(Equal(written))
		})
	})
}
