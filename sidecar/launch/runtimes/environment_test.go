package runtimes_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"pgregory.net/rapid"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/memory"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/runtimes"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

const M, G = plan.M, plan.G

var inGigabyte = memory.Container{Limit: G, Source: "/sys/fs/cgroup/memory.max"}

func shares(pairs ...any) (s []memory.Share) {
	for i := 0; i < len(pairs); i += 2 {
		s = append(s, memory.Share{Name: pairs[i].(string), Memory: pairs[i+1].(plan.Size)})
	}
	return s
}

func divide(t testing.TB, c memory.Container, sidecars ...any) memory.Division {
	t.Helper()
	d, err := memory.Divide(c, "web", shares(sidecars...))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

var (
	app     = []string{"./app"}
	halves  = shares("agent", 64*M, "config-server", 256*M, "tail", plan.Size(0)) // of 1G they leave 704M
	divided = memory.Division{Container: inGigabyte, App: memory.Share{Name: "web", Memory: 704 * M}, Sidecars: halves}
)

// environment is what becomes of one that the process has inherited as a whole.
func environment(d memory.Division, process string, argv, env []string) (told, notes []string, err error) {
	return runtimes.Environment(d, runtimes.Process{Name: process, Argv: argv, Env: env})
}

// told is what becomes of one variable, which is in env or not.
func told(t testing.TB, d memory.Division, process string, argv []string, variable string, env ...string) string {
	t.Helper()
	changed, _, err := environment(d, process, argv, env)
	if err != nil {
		t.Fatal(err)
	}
	value := "unset"
	for _, v := range changed {
		if v, found := strings.CutPrefix(v, variable+"="); found {
			value = v
		}
	}
	return value
}

func TestRuntimesAreToldTheirShare(t *testing.T) {
	const vcap = `{"name":"a \"limits\":{\"mem\":1024}","users":[{"limits":{"mem":1024}}], "limits" : {"fds":16384,"mem": 1024 ,"disk":1024}}`
	node := []string{"/layers/node/bin/node", "server.js"}
	for _, c := range []struct {
		process  string
		argv     []string
		env      string
		variable string
		want     string
	}{
		{"app", app, "", "MEMORY_LIMIT", "704m"},
		{"app", app, "MEMORY_LIMIT=", "MEMORY_LIMIT", "704m"},
		{"app", app, "MEMORY_LIMIT=1024m", "MEMORY_LIMIT", "704m"},
		{"app", app, "MEMORY_LIMIT=1G", "MEMORY_LIMIT", "704m"},
		{"app", app, "MEMORY_LIMIT=512m", "MEMORY_LIMIT", "512m"},
		{"app", app, "MEMORY_LIMIT=a lot", "MEMORY_LIMIT", "a lot"},
		{"agent", app, "MEMORY_LIMIT=1024m", "MEMORY_LIMIT", "64m"},
		{"tail", app, "MEMORY_LIMIT=1024m", "MEMORY_LIMIT", "1024m"},
		{"tail", app, "", "MEMORY_LIMIT", "1024m"},

		{"app", app, "VCAP_APPLICATION=" + vcap, "VCAP_APPLICATION", strings.Replace(vcap, `mem": 1024`, `mem": 704`, 1)},
		{"agent", app, "VCAP_APPLICATION=" + vcap, "VCAP_APPLICATION", strings.Replace(vcap, `mem": 1024`, `mem": 64`, 1)},
		{"tail", app, "VCAP_APPLICATION=" + vcap, "VCAP_APPLICATION", vcap},
		{"app", app, `VCAP_APPLICATION={"limits":{"mem":512}}`, "VCAP_APPLICATION", `{"limits":{"mem":512}}`},
		{"app", app, `VCAP_APPLICATION={"limits":{"mem":"1024"}}`, "VCAP_APPLICATION", `{"limits":{"mem":"1024"}}`},
		{"app", app, "", "VCAP_APPLICATION", "unset"},

		{"app", app, "MEMORY_AVAILABLE=1024", "MEMORY_AVAILABLE", "704"},
		{"app", app, "MEMORY_AVAILABLE=2000", "MEMORY_AVAILABLE", "2000"},
		{"app", app, "", "MEMORY_AVAILABLE", "unset"},

		{"app", app, "", "NODE_OPTIONS", "unset"},
		{"app", node, "", "NODE_OPTIONS", "unset"},
		{"app", []string{"npm", "start"}, "", "NODE_OPTIONS", "unset"},
		{"agent", node, "", "NODE_OPTIONS", "--max-old-space-size=48"},
		{"agent", app, "", "NODE_OPTIONS", "unset"},
		{"tail", node, "NODE_OPTIONS=--max-old-space-size=768", "NODE_OPTIONS", "--max-old-space-size=768"},
		{"agent", node, "NODE_OPTIONS=--no-warnings", "NODE_OPTIONS", "--no-warnings --max-old-space-size=48"},
		{"agent", []string{"bash", "-c", "exec node server.js"}, "", "NODE_OPTIONS", "--max-old-space-size=48"},
		{"agent", []string{"npm", "start"}, "", "NODE_OPTIONS", "--max-old-space-size=48"},
		{"agent", []string{"./start.sh"}, "NODE_HOME=/layers/node", "NODE_OPTIONS", "--max-old-space-size=48"},
		{"app", app, "NODE_OPTIONS=--a  --max_old_space_size=768 --b", "NODE_OPTIONS", "--a  --max_old_space_size=528 --b"},
		{"app", node, "NODE_OPTIONS=--max-old-space-size=300", "NODE_OPTIONS", "--max-old-space-size=300"},

		{"app", app, "", "GOMEMLIMIT", "664377750"},
		{"agent", app, "", "GOMEMLIMIT", "60397974"},
		{"tail", app, "", "GOMEMLIMIT", "unset"},
		{"app", app, "GOMEMLIMIT=off", "GOMEMLIMIT", "off"},

		{"app", app, "", "DOTNET_GCHeapHardLimit", "0x21000000"},
		{"app", app, "DOTNET_GCHeapHardLimit=0x1", "DOTNET_GCHeapHardLimit", "0x1"},
		{"app", app, "DOTNET_GCHeapHardLimitPercent=0x32", "DOTNET_GCHeapHardLimit", "unset"},
		{"app", app, "COMPlus_GCHeapHardLimit=0x1", "DOTNET_GCHeapHardLimit", "unset"},
		{"tail", app, "", "DOTNET_GCHeapHardLimit", "unset"},
	} {
		env := []string{"PATH=/none"}
		if c.env != "" {
			env = append(env, c.env)
		}
		if got := told(t, divided, c.process, c.argv, c.variable, env...); got != c.want {
			t.Errorf("%s of %s %v with %q is %q, want %q", c.variable, c.process, c.argv, c.env, got, c.want)
		}
	}
}

// .NET by itself takes 20M of a container that is smaller than that: GCHeapHardLimit in its documentation.
func TestNETHas20MAtLeast(t *testing.T) {
	d := divide(t, memory.Container{Limit: G, Source: "/sys/fs/cgroup/memory.max"}, "agent", 16*M)
	if got := told(t, d, "agent", app, "DOTNET_GCHeapHardLimit"); got != "0x1400000" {
		t.Errorf("it is %s, want 20M", got)
	}
}

// Node.js by itself takes half of a container, up to 2G, or to 4G of a large one: heap_size_limit of v8.getHeapStatistics() less 48M.
func TestNodeNeverTakesMoreThanByItself(t *testing.T) {
	for _, c := range []struct {
		limit, reserved plan.Size
		source          string
		want            string
	}{
		{G, 512 * M, "/sys/fs/cgroup/memory.max", "--max-old-space-size=384"},
		{G, 400 * M, "/sys/fs/cgroup/memory.max", "--max-old-space-size=468"},
		{G, 256 * M, "/sys/fs/cgroup/memory.max", "unset"},
		{G, 256 * M, memory.TotalVariable, "--max-old-space-size=576"}, // it doesn't see that one
		{8 * G, 4 * G, "/sys/fs/cgroup/memory/memory.limit_in_bytes", "unset"},
		{8 * G, 6 * G, "/sys/fs/cgroup/memory/memory.limit_in_bytes", "--max-old-space-size=1536"},
		{16 * G, 11 * G, "/sys/fs/cgroup/memory.max", "--max-old-space-size=3840"},
		{16 * G, G, "/sys/fs/cgroup/memory.max", "unset"},
	} {
		d := divide(t, memory.Container{Limit: c.limit, Source: c.source}, "agent", c.reserved)
		if got := told(t, d, "app", []string{"node", "server.js"}, "NODE_OPTIONS"); got != c.want {
			t.Errorf("beside %s of %s of %s it is %q, want %q", c.reserved, c.limit, c.source, got, c.want)
		}
	}
}

func TestNobodyIsToldAnythingWhereNothingIsReserved(t *testing.T) {
	g := NewWithT(t)
	env := []string{"MEMORY_LIMIT=1024m", "JAVA_HOME=/jre", "NODE_HOME=/node"}
	d := divide(t, inGigabyte, "tail", plan.Size(0))
	for _, process := range []string{"app", "tail"} {
		changed, notes, err := environment(d, process, []string{"java"}, env)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(changed).To(Equal(env))
		g.Expect(notes).To(BeEmpty())
	}
}

func TestWithoutALimitSidecarsStillKnowTheirShare(t *testing.T) {
	g := NewWithT(t)
	d := divide(t, memory.Container{}, "agent", 64*M)
	g.Expect(told(t, d, "agent", app, "MEMORY_LIMIT")).To(Equal("64m"))
	g.Expect(told(t, d, "agent", app, "GOMEMLIMIT")).To(Equal("60397974"))
	changed, _, err := environment(d, "app", app, []string{"MEMORY_LIMIT=1024m", "JAVA_HOME=/jre"})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(changed).To(Equal([]string{"MEMORY_LIMIT=1024m", "JAVA_HOME=/jre"}))
}

func TestWhatIsChangedIsNoted(t *testing.T) {
	g := NewWithT(t)
	env := []string{`VCAP_APPLICATION={"name":"a","limits":{"disk":1024,"mem":1024,"fds":1}}`, "JAVA_TOOL_OPTIONS=-Da=secret", "GOMEMLIMIT=1"}
	before := slices.Clone(env)
	_, notes, err := environment(divided, "app", app, env)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(notes).To(Equal([]string{
		"JAVA_TOOL_OPTIONS: -XX:MaxRAM=738197504",
		"MEMORY_LIMIT: 704m",
		`VCAP_APPLICATION: "mem":1024 is now "mem":704`,
		"DOTNET_GCHeapHardLimit: 0x21000000",
	}))
	g.Expect(env).To(Equal(before), "the caller's environment")
}

// What is edited as text must be what a parser of JSON would see, and any text at all must be survived.
func FuzzVCAPApplication(f *testing.F) {
	f.Add(`{"limits":{"mem":1024}}`)
	f.Add(`{"a":[{"limits":{"mem":1024}}],"limits":{"x":"}","mem":1024}}`)
	f.Add(`{"limits":{"mem":1024`)
	f.Add(`{"limits":[],"limits":{"mem":1024}}`)
	f.Fuzz(func(t *testing.T, text string) {
		if text == "" || strings.ContainsRune(text, 0) {
			return
		}
		got := told(t, divided, "app", app, "VCAP_APPLICATION", "VCAP_APPLICATION="+text)
		if got == text {
			return
		}
		var was, is map[string]any
		if json.Unmarshal([]byte(text), &was) != nil {
			return
		}
		if err := json.Unmarshal([]byte(got), &is); err != nil {
			t.Fatalf("%s became %s: %v", text, got, err)
		}
	})
}

func TestVCAPApplicationIsChangedInOnePlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var value func(depth int) *rapid.Generator[any]
		value = func(depth int) *rapid.Generator[any] {
			leaves := []*rapid.Generator[any]{
				rapid.Int().AsAny(), rapid.Just(1024).AsAny(), rapid.Bool().AsAny(), rapid.String().AsAny(),
				rapid.Just(`"limits":{"mem":1024}`).AsAny(),
			}
			if depth > 0 {
				keys := rapid.SampledFrom([]string{"limits", "mem", `a"`, "{", "disk"})
				leaves = append(leaves, rapid.MapOf(keys, value(depth-1)).AsAny(), rapid.SliceOfN(value(depth-1), 0, 3).AsAny())
			}
			return rapid.OneOf(leaves...)
		}
		before := rapid.MapOf(rapid.SampledFrom([]string{"limits", "mem", "users"}), value(3)).Draw(t, "application")
		text, err := json.Marshal(before)
		if err != nil {
			t.Fatal(err)
		}
		changed, _, err := environment(divided, "app", app, []string{"VCAP_APPLICATION=" + string(text)})
		if err != nil {
			t.Fatal(err)
		}
		if limits, ok := before["limits"].(map[string]any); ok && limits["mem"] == 1024 {
			limits["mem"] = 704
		}
		want, _ := json.Marshal(before)
		if got := changed[0]; got != "VCAP_APPLICATION="+string(want) {
			t.Fatalf("%s became %s, want %s", text, got, want)
		}
	})
}
