package runtimes_test

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/paketo-buildpacks/libjvm/helper"
	"github.com/paketo-buildpacks/libpak/bard"
	"pgregory.net/rapid"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/memory"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/runtimes"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// libjvm has Paketo's memory calculator do what it does at launch, in a container with this limit, with more environment variables.
func libjvm(t interface {
	Fatal(...any)
	Logf(string, ...any)
}, limit plan.Size, options *string, variables ...string) (string, error) {
	dir, err := os.MkdirTemp("", "libjvm")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	limitFile := filepath.Join(dir, "memory.max")
	if err := os.WriteFile(limitFile, []byte(strconv.FormatInt(int64(limit), 10)), 0o644); err != nil {
		t.Fatal(err)
	}
	os.Unsetenv("JAVA_TOOL_OPTIONS")
	if options != nil {
		variables = append(variables, "JAVA_TOOL_OPTIONS="+*options)
	}
	for _, v := range variables {
		name, value, _ := strings.Cut(v, "=")
		os.Setenv(name, value)
		defer os.Unsetenv(name)
	}
	env, err := helper.MemoryCalculator{
		Logger:            bard.NewLogger(io.Discard),
		MemoryLimitPathV1: filepath.Join(dir, "none"),
		MemoryLimitPathV2: limitFile,
	}.Execute()
	return env["JAVA_TOOL_OPTIONS"], err
}

// heapOf is the last -Xmx in options, in bytes.
func heapOf(t interface{ Fatal(...any) }, options string) plan.Size {
	last := "none"
	for option := range strings.FieldsSeq(options) {
		if value, found := strings.CutPrefix(option, "-Xmx"); found {
			last = value
		}
	}
	if strings.Trim(last, "0123456789") == "" {
		last += "B"
	}
	size, err := plan.ParseSize(last)
	if err != nil {
		t.Fatal(err)
	}
	return size
}

// Options as users and other buildpacks give them. Some look just like libjvm's own.
var (
	harmless = []string{
		"-Da=b", `-Dquoted="a b"`, `-Dsingle='-Xmx5m -Xss7m'`, "-javaagent:/none.jar=x", "-XX:+ExitOnOutOfMemoryError",
		"-Xms16m", "-XX:ActiveProcessorCount=2", "-XX:MaxRAMPercentage=60", "-XX:InitialRAMPercentage=10",
	}
	sizing = []string{
		"-XX:MaxDirectMemorySize=10M", "-XX:MaxDirectMemorySize=64m", "-XX:MaxMetaspaceSize=64M", "-XX:MaxMetaspaceSize=70000k",
		"-XX:ReservedCodeCacheSize=240M", "-XX:ReservedCodeCacheSize=64m", "-Xss1M", "-Xss256k",
	}
	heaps = []string{"-Xmx128m", "-Xmx128M", "-Xmx131072K", "-Xmx200001K", "-Xmx1G", "-Xmx134217728"}
)

// drawOptions draws some, with whatever white space.
func drawOptions(t *rapid.T, label string, kinds ...[]string) string {
	var all []string
	for _, kind := range kinds {
		all = append(all, kind...)
	}
	var text strings.Builder
	for _, option := range rapid.SliceOfN(rapid.SampledFrom(all), 0, 6).Draw(t, label) {
		text.WriteString(rapid.SampledFrom([]string{" ", " ", "  ", "\t"}).Draw(t, "space") + option)
	}
	return strings.TrimPrefix(text.String(), " ")
}

// launch is what one container's start draws.
type launch struct {
	user, later string
	calculated  string // with later options behind
	env         []string
	d           memory.Division
}

// drawLaunch draws a container, the user's options, and libjvm's calculation for it.
func drawLaunch(t *rapid.T, kinds ...[]string) launch {
	limit := plan.Size(rapid.Int64Range(int64(G), int64(8*G)).Draw(t, "limit"))
	reserved := plan.Size(rapid.Int64Range(1, int64(96*M)).Draw(t, "reserved"))
	l := launch{user: drawOptions(t, "options", kinds...), later: drawOptions(t, "later", harmless), env: []string{
		"BPL_JVM_LOADED_CLASS_COUNT=" + strconv.Itoa(rapid.IntRange(0, 20000).Draw(t, "classes")),
		"BPL_JVM_HEAD_ROOM=" + strconv.Itoa(rapid.IntRange(0, 10).Draw(t, "head room")),
		"BPL_JVM_THREAD_COUNT=" + strconv.Itoa(rapid.IntRange(0, 300).Draw(t, "threads")),
	}}
	options := &l.user
	if l.user == "" && rapid.Bool().Draw(t, "unset") {
		options = nil
	}
	text, err := libjvm(t, limit, options, l.env...)
	if err != nil {
		t.Skip("it doesn't fit the container in the first place: ", err)
	}
	if l.calculated = text; l.later != "" {
		l.calculated += " " + l.later
	}
	d, err := memory.Divide(memory.Container{Limit: limit, Source: "/sys/fs/cgroup/memory.max"}, "web", shares("agent", reserved))
	if err != nil {
		t.Fatal(err)
	}
	l.d = d
	return l
}

func (l launch) environment(process string, argv ...string) (string, error) {
	changed, _, err := environment(l.d, process, argv, slices.Concat(l.env, []string{"JAVA_TOOL_OPTIONS=" + l.calculated}))
	if err != nil {
		return "", err
	}
	options, _ := strings.CutPrefix(changed[len(l.env)], "JAVA_TOOL_OPTIONS=")
	return options, nil
}

func TestACalculatedHeapIsLoweredByWhatIsReserved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawLaunch(t, harmless, sizing)
		before := heapOf(t, l.calculated)
		got, err := l.environment("app", "java", "-jar", "app.jar")
		if before-l.d.Reserved() < 2*M || before-l.d.Reserved() < 16*M && strings.Contains(l.calculated, "-Xms16m") {
			if err == nil {
				t.Fatalf("%s became %s", l.calculated, got)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if after := heapOf(t, got); after != before-l.d.Reserved() {
			t.Fatalf("%d less %d became %d", before, l.d.Reserved(), after)
		}
		was, is, differ := strings.Split(l.calculated, " "), strings.Split(got, " "), 0
		for i := range was {
			if was[i] != is[i] {
				differ++
			}
		}
		if len(is) != len(was) || differ != 1 {
			t.Fatalf("%q became %q", l.calculated, got)
		}
	})
}

func TestAUsersHeapIsNeverChanged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawLaunch(t, harmless, sizing, heaps)
		if !strings.Contains(strings.ReplaceAll(l.user, "'-Xmx", ""), "-Xmx") {
			t.Skip("no heap was drawn")
		}
		if got, err := l.environment("app", "java", "-jar", "app.jar"); err == nil && got != l.calculated {
			t.Fatalf("%q became %q", l.calculated, got)
		}
	})
}

// The heap that libjvm would calculate for the share, had it seen that, is the one that the app gets: but for the head room, which is
// a part of the container, and for what is lost below a K.
func TestTheHeapIsWhatLibjvmCalculatesForTheShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawLaunch(t, harmless, sizing)
		got, err := l.environment("app", "java")
		if err != nil {
			t.Skip(err)
		}
		env := slices.Concat(l.env, []string{"BPL_JVM_HEAD_ROOM=0"})
		of := func(limit plan.Size) plan.Size {
			text, err := libjvm(t, limit, &l.user, env...)
			if err != nil {
				t.Skip(err)
			}
			return heapOf(t, text)
		}
		headRoom := of(l.d.Container.Limit) - heapOf(t, l.calculated)
		if lost := of(l.d.App.Memory) - headRoom - heapOf(t, got); lost < -2*plan.K || lost > 2*plan.K {
			t.Fatalf("%q is %d off", got, lost)
		}
	})
}

func TestAJVMThatNobodySizedIsToldItsMachine(t *testing.T) {
	const maxRAM = "-XX:MaxRAM=738197504"
	for _, c := range []struct {
		argv []string
		env  []string
		want string
	}{
		{argv: []string{"/usr/bin/java", "-jar", "app.jar"}, want: maxRAM},
		{argv: []string{"./start"}, env: []string{"JAVA_HOME=/jre"}, want: maxRAM},
		{argv: []string{"./start"}, env: []string{"JAVA_TOOL_OPTIONS=-XX:MaxRAMPercentage=50"}, want: "-XX:MaxRAMPercentage=50 " + maxRAM},
		{argv: []string{"./start"}, want: "unset"},
		{argv: []string{"./start"}, env: []string{"JRE_HOME=/jre"}, want: maxRAM},
		{argv: []string{"./start"}, env: []string{"PATH=/none:" + pathWith(t, "java")}, want: maxRAM},
		{argv: []string{"./start"}, env: []string{"PATH=/none:" + pathWith(t, "javac")}, want: "unset"},
		{argv: []string{"java", "-Xmx128m", "-jar", "app.jar"}, want: "unset"},
		{argv: []string{"java", "-cp", "-Xmx128m", "Main", "-Xmx128m"}, want: maxRAM},
		{argv: []string{"java", "-jar", "app.jar", "-Xmx128m"}, want: maxRAM},
		{argv: []string{"java", "-XX:MaxHeapSize=128m", "Main"}, want: "unset"},
		{argv: []string{"java", "-Xmx0x8000000", "Main"}, want: "unset"},
		{argv: []string{"java", "-XX:MaxRAM=1g", "Main"}, want: "unset"},
		{argv: []string{"bash", "-c", "exec java -jar app.jar"}, want: maxRAM},
		{argv: []string{"bash", "/layers/a_b/shell/web.bash", "java", "-jar", "app.jar"}, want: maxRAM},
		{argv: []string{"bash", "/layers/a_b/shell/web.bash", "java", "-Xmx128m", "-jar", "app.jar"}, want: "unset"},
		{argv: []string{"bash", "-c", "cd sub && exec java -jar app.jar"}, want: maxRAM},
		{argv: []string{"sh", "-c", "SERVER_PORT=8082 java -jar app.jar"}, want: maxRAM},
		{argv: []string{"sh", "-c", `"$JAVA_HOME/bin/java" -jar app.jar`}, want: maxRAM},
		{argv: []string{"bash", "-c", "$PWD/.java-buildpack/open_jdk_jre/bin/java -jar app.jar"}, want: maxRAM},
		{argv: []string{"env", "A=b", "java", "-jar", "app.jar"}, want: maxRAM},
		{argv: []string{"bash", "-c", "exec java -Xmx128m -jar app.jar"}, env: []string{"JAVA_HOME=/jre"}, want: "unset"},
		{argv: []string{"java"}, env: []string{"JDK_JAVA_OPTIONS=-Da -Xmx128m"}, want: "unset"},
		{argv: []string{"java"}, env: []string{"_JAVA_OPTIONS=-Xmx128m"}, want: "unset"},
		{argv: []string{"java"}, env: []string{`JDK_JAVA_OPTIONS=-Da="b -Xmx128m"`}, want: maxRAM},
	} {
		if got := told(t, divided, "app", c.argv, "JAVA_TOOL_OPTIONS", c.env...); got != c.want {
			t.Errorf("%v with %q has %q, want %q", c.argv, c.env, got, c.want)
		}
	}
}

// pathWith is a directory with an executable of that name.
func pathWith(t *testing.T, name string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), nil, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// What libjvm calculates in 1G for 3000 classes.
func inOneGigabyte(t *testing.T, user string) string {
	text, err := libjvm(t, G, &user, "BPL_JVM_LOADED_CLASS_COUNT=3000")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(text, " ")
}

func TestWhatDoesNotFitIsAnErrorWithTheRegions(t *testing.T) {
	for _, c := range []struct {
		name     string
		reserved plan.Size
		process  string
		argv     []string
		options  string
		want     string
		more     string // of the environment
	}{
		{"a calculated heap of which nothing remains", 600 * M, "app", nil, inOneGigabyte(t, ""),
			"memory: web: non-heap memory regions require 542664K, which leaves no heap of the 424M available for allocation (1G less 600M " +
				"for its sidecars): 0 headroom, -XX:MaxDirectMemorySize=10M, -XX:MaxMetaspaceSize=30664K, -XX:ReservedCodeCacheSize=240M, " +
				"-Xss1M * 250 threads: give it more, lower what is given, or set BPL_SIDECAR_MEMORY_POLICY=warn", ""},
		{"a user's heap", 400 * M, "app", nil, inOneGigabyte(t, "-Xmx400m"),
			"memory: web: all memory regions require 952264K, which is greater than the 624M available for allocation (1G less 400M for " +
				"its sidecars): -Xmx400M, 0 headroom, -XX:MaxDirectMemorySize=10M", ""},
		{"a user's heap in the command", 400 * M, "app", []string{"java", "-Xmx400m"}, inOneGigabyte(t, ""),
			"all memory regions require 952264K", ""},
		{"a user's regions, all of them", 100 * M, "app", nil,
			"-XX:MaxDirectMemorySize=10M -Xmx500m -XX:MaxMetaspaceSize=64m -XX:ReservedCodeCacheSize=200m -Xss1m", "all memory regions require 1G,",
			"BPI_JVM_CLASS_COUNT=10000"},
		{"a user's heap alone", 400 * M, "app", []string{"java", "-Xmx700m"}, "-XX:MaxMetaspaceSize=64m",
			"all memory regions require 764M, which is greater than the 624M available for allocation (1G less 400M for its sidecars): " +
				"-Xmx700M, 0 headroom, -XX:MaxMetaspaceSize=64M: ", ""},
		{"an initial heap", 400 * M, "app", nil, inOneGigabyte(t, "-Xms300m"),
			"memory: web: -Xms300m is more than the heap of 96311K that its sidecars' 400M leave: lower it or them", ""},
		{"a start script's heap", 400 * M, "app", []string{"bin/app"}, inOneGigabyte(t, ""),
			"memory: web: all memory regions require 1157064K, which is greater than the 624M available for allocation (1G less 400M for " +
				"its sidecars): -Xmx600M, 0 headroom, -XX:MaxDirectMemorySize=10M", "CATALINA_OPTS=-Xmx600m"},
		{"a sidecar's heap", 64 * M, "agent", []string{"java", "-Xmx128m"}, "",
			"memory: agent: all memory regions require 128M, which is greater than the 64M available for allocation (its own memory): -Xmx128M", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := NewWithT(t)
			env := []string{"JAVA_TOOL_OPTIONS=" + c.options, c.more}
			_, _, err := environment(divide(t, inGigabyte, "agent", c.reserved), c.process, c.argv, env)
			g.Expect(err).To(MatchError(ContainSubstring(c.want)))
		})
	}
}

func TestACalculationFromAnotherTotalIsRedoneForTheShare(t *testing.T) {
	g := NewWithT(t)
	none := ""
	text, err := libjvm(t, 23*G, &none, "BPL_JVM_LOADED_CLASS_COUNT=3000") // no limit: what the machine had
	g.Expect(err).NotTo(HaveOccurred())
	env := "JAVA_TOOL_OPTIONS=" + text

	given := divide(t, memory.Container{Limit: G, Source: memory.TotalVariable}, "agent", 64*M)
	g.Expect(heapOf(t, told(t, given, "app", app, "JAVA_TOOL_OPTIONS", env))).To(Equal((1024-64-10-240-250)*M - 30664*plan.K))

	unknown := divide(t, memory.Container{}, "agent", 64*M)
	g.Expect(heapOf(t, told(t, unknown, "app", app, "JAVA_TOOL_OPTIONS", env))).To(Equal(heapOf(t, text) - 64*M))
	_, notes, err := environment(unknown, "app", app, []string{env})
	g.Expect(err).NotTo(HaveOccurred())
	_, _, err = environment(divide(t, memory.Container{}, "agent", 23*G), "app", app, []string{env})
	g.Expect(err).To(MatchError(HavePrefix("memory: web: its sidecars' 23G leave nothing of the calculated heap: -Xmx")))
	g.Expect(notes).To(ContainElement(ContainSubstring("no limit of the container is known")))
}

// libjvm counts on no more than 64T.
func TestACalculationInAHugeContainerIsKnown(t *testing.T) {
	g := NewWithT(t)
	none := ""
	text, err := libjvm(t, 100*plan.T, &none, "BPL_JVM_LOADED_CLASS_COUNT=3000")
	g.Expect(err).NotTo(HaveOccurred())
	huge := divide(t, memory.Container{Limit: 100 * plan.T, Source: "/sys/fs/cgroup/memory.max"}, "agent", 64*M)
	g.Expect(heapOf(t, told(t, huge, "app", app, "JAVA_TOOL_OPTIONS", "JAVA_TOOL_OPTIONS="+text))).To(Equal(heapOf(t, text) - 64*M))
}

// Where no limit is known, regions are taken for libjvm's by their sizes alone. Each of these has something that libjvm doesn't write:
// what it leaves for the heap is hardly ever a whole number of M.
func TestRegionsThatAUserWroteStay(t *testing.T) {
	unknown := divide(t, memory.Container{}, "agent", 64*M)
	for _, options := range []string{
		"-XX:MaxDirectMemorySize=10M -Xmx500001K  -XX:MaxMetaspaceSize=30664K -XX:ReservedCodeCacheSize=240M -Xss1M",
		"-XX:MaxDirectMemorySize=10M -Xmx500M -XX:MaxMetaspaceSize=30664K -XX:ReservedCodeCacheSize=240M -Xss1M",
		"-XX:MaxDirectMemorySize=10M -Xmx500001K -XX:MaxMetaspaceSize=64M -XX:ReservedCodeCacheSize=240M -Xss1M",
		"-XX:MaxDirectMemorySize=10M -Xmx500001K -XX:MaxMetaspaceSize=30664K -XX:ReservedCodeCacheSize=64M -Xss1M",
		"-XX:MaxDirectMemorySize=10M -Xmx500001K -XX:MaxMetaspaceSize=30664K -XX:ReservedCodeCacheSize=240M -Xss512K",
	} {
		if got := told(t, unknown, "app", app, "JAVA_TOOL_OPTIONS", "JAVA_TOOL_OPTIONS="+options); got != options {
			t.Errorf("%s became %s", options, got)
		}
	}
}

// A libjvm that knows BPL_JVM_RESERVED_MEMORY calculates as if the container had so much less.
func TestACalculationThatHasLeftOutWhatIsReservedStays(t *testing.T) {
	g := NewWithT(t)
	none := ""
	for _, headRoom := range []string{"0", "10"} {
		variables := []string{"BPL_JVM_LOADED_CLASS_COUNT=3000", "BPL_JVM_HEAD_ROOM=" + headRoom}
		text, err := libjvm(t, G-64*M, &none, variables...)
		g.Expect(err).NotTo(HaveOccurred())
		env := slices.Concat(variables, []string{"JAVA_TOOL_OPTIONS=" + text, "BPL_JVM_RESERVED_MEMORY=67108864"})
		heapBeside := func(reserved plan.Size) plan.Size {
			return heapOf(t, told(t, divide(t, inGigabyte, "agent", reserved), "app", app, "JAVA_TOOL_OPTIONS", env...))
		}
		g.Expect(heapBeside(64 * M)).To(Equal(heapOf(t, text)))
		g.Expect(heapBeside(32*M)).To(Equal(heapOf(t, text)+32*M), "some sidecars are disabled")
		g.Expect(heapBeside(96*M)).To(Equal(heapOf(t, text)-32*M), "the variable is an old one")
	}
}

func FuzzJavaToolOptions(f *testing.F) {
	f.Add("-Da='b c' -Xmx5m", "-Dx")
	f.Add(`-Da="-Xss1M`, "")
	f.Add("-XX:MaxDirectMemorySize=10M", " -Xmx99999999999999999999K")
	const calculated = "-XX:MaxDirectMemorySize=10M -Xmx504808K -XX:MaxMetaspaceSize=31767K -XX:ReservedCodeCacheSize=240M -Xss1M"
	f.Fuzz(func(t *testing.T, user, later string) {
		if strings.ContainsRune(user+later, 0) || user == "" {
			return
		}
		d := divide(t, memory.Container{Limit: 16 * plan.T, Source: "/sys/fs/cgroup/memory.max"}, "agent", 64*M)
		own := runtimes.Process{Name: "agent", Argv: []string{"java"}, Env: []string{"JAVA_TOOL_OPTIONS=" + user},
			Own: map[string]string{"JAVA_TOOL_OPTIONS": user}}
		without, _, err := runtimes.Environment(d, own)
		if err == nil && !strings.HasPrefix(without[0], "JAVA_TOOL_OPTIONS="+user) {
			t.Fatalf("%q became %q", user, without[0])
		}
		d = divide(t, inGigabyte, "agent", 64*M)
		for _, process := range []string{"app", "agent"} {
			_, _, _ = environment(d, process, []string{"java"}, []string{"JAVA_TOOL_OPTIONS=" + user + " " + calculated + " " + later})
		}
	})
}
