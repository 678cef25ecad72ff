package runtimes_test

import (
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"pgregory.net/rapid"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/memory"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/runtimes"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// The regions of a JVM in 256M that says nothing itself: together with 40 stacks and 79189K of the JVM's own they are all of it.
const regionsOf256M = "-XX:MaxDirectMemorySize=10M -Xmx53930K -XX:MaxMetaspaceSize=64M -XX:ReservedCodeCacheSize=32M -Xss512K"

var java = []string{"java", "-jar", "agent.jar"}

// sidecar is what a sidecar with 256M of 1G has in one variable; own is what it declares, inherited what it has from the app.
func sidecar(t testing.TB, argv []string, variable string, own map[string]string, inherited ...string) (value string, notes []string) {
	t.Helper()
	p := runtimes.Process{Name: "config-server", Argv: argv, Env: inherited, Own: own}
	p.Env, notes = runtimes.KeepApart(p)
	for name, value := range own {
		p.Env = append(slices.DeleteFunc(p.Env, func(v string) bool { return strings.HasPrefix(v, name+"=") }), name+"="+value)
	}
	env, more, err := runtimes.Environment(divided, p)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range env {
		if value, found := strings.CutPrefix(v, variable+"="); found {
			return value, append(notes, more...)
		}
	}
	return "unset", append(notes, more...)
}

func TestASidecarsJVMHasTheRegionsOfItsShare(t *testing.T) {
	const beside = " -XX:MaxMetaspaceSize=64M -XX:ReservedCodeCacheSize=32M -Xss512K"
	const besideHeap = "-XX:MaxDirectMemorySize=10M" + beside
	for name, c := range map[string]struct {
		argv []string
		own  map[string]string
		want string
	}{
		"nothing said": {argv: java, want: regionsOf256M},
		"options of its own": {argv: java, own: map[string]string{"JAVA_TOOL_OPTIONS": "-Da=b"},
			want: "-Da=b " + regionsOf256M},
		"emptied options": {argv: java, own: map[string]string{"JAVA_TOOL_OPTIONS": ""}, want: regionsOf256M},
		"behind a shell":  {argv: []string{"bash", "-c", "cd x; exec java -jar a.jar"}, want: regionsOf256M},
		"in a start script": {argv: []string{"./start.sh"}, own: map[string]string{"JAVA_HOME": "/jre"},
			want: regionsOf256M},
		"where no JVM is reached": {argv: []string{"./go"}, want: "unset"},
		"a heap in its command":   {argv: []string{"java", "-Xmx64m", "-jar", "a"}, want: besideHeap},
		"a heap by another name":  {argv: []string{"java", "-XX:MaxHeapSize=64m", "A"}, want: besideHeap},
		"a heap for its start script": {argv: []string{"./start.sh"}, own: map[string]string{"JAVA_HOME": "/j", "JAVA_OPTS": "-Xmx64m"},
			want: besideHeap},
		"a heap that leaves too little for the rest": {argv: []string{"java", "-Xmx200m", "A"}, want: besideHeap},
		"regions in its command": {argv: []string{"java", "-XX:MaxMetaspaceSize=48m", "-Xss1m", "A"},
			want: "-XX:MaxDirectMemorySize=10M -Xmx54M -XX:ReservedCodeCacheSize=32M"},
		"a percentage": {argv: []string{"java", "-XX:MaxRAMPercentage=40", "A"}, want: besideHeap + " -XX:MaxRAM=268435456"},
		"a machine":    {argv: []string{"java", "-XX:MaxRAM=200m", "A"}, want: besideHeap},
		"fewer threads": {argv: java, own: map[string]string{"BPL_JVM_THREAD_COUNT": "20"},
			want: "-XX:MaxDirectMemorySize=10M -Xmx64170K" + beside},
		"a number of classes": {argv: java, own: map[string]string{"BPL_JVM_LOADED_CLASS_COUNT": "3000"},
			want: "-XX:MaxDirectMemorySize=10M -Xmx100426K -XX:MaxMetaspaceSize=30664K -XX:ReservedCodeCacheSize=32M -Xss512K"},
		"head room": {argv: java, own: map[string]string{"BPL_JVM_HEAD_ROOM": "10"}, want: "-XX:MaxDirectMemorySize=10M -Xmx27716K" + beside},
	} {
		t.Run(name, func(t *testing.T) {
			got, _ := sidecar(t, c.argv, "JAVA_TOOL_OPTIONS", c.own, "PATH=/none", "BPL_JVM_THREAD_COUNT=250", "BPL_JVM_HEAD_ROOM=50")
			NewWithT(t).Expect(got).To(Equal(c.want))
		})
	}
}

func TestTheRegionsOfASidecarsJVMAreItsShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		share := plan.Size(rapid.Int64Range(int64(184*M), int64(4*G)).Draw(t, "share"))
		d, err := memory.Divide(memory.Container{Limit: 8 * G}, "web", shares("agent", share))
		if err != nil {
			t.Fatal(err)
		}
		env, _, err := environment(d, "agent", java, nil)
		if err != nil {
			t.Fatal(err)
		}
		sum, metaspace, codeCache := 40*512*plan.K, plan.Size(0), plan.Size(0)
		for option := range strings.FieldsSeq(strings.TrimPrefix(env[0], "JAVA_TOOL_OPTIONS=")) {
			digits := option[strings.LastIndexAny(option, "=x")+1:]
			size, err := plan.ParseSize(digits)
			switch {
			case strings.HasPrefix(option, "-Xss"):
			case err != nil:
				t.Fatal(err)
			default:
				sum += size
			}
			switch {
			case strings.HasPrefix(option, "-XX:MaxMetaspaceSize="):
				metaspace = size
			case strings.HasPrefix(option, "-XX:ReservedCodeCacheSize="):
				codeCache = size
			}
		}
		if metaspace > 256*M || codeCache > 240*M {
			t.Fatalf("of %s they are %v", share, env)
		}
		if rest := share - sum - 40*M - metaspace/3 - codeCache/2; rest < 0 || rest > 4*plan.K {
			t.Fatalf("%s of %s are left of %v", rest, share, env)
		}
	})
}

// libjvm's buildpacks set it for the app.
func TestASidecarsJVMHasFewArenas(t *testing.T) {
	g := NewWithT(t)
	arenas := func(argv []string, inherited ...string) string {
		value, _ := sidecar(t, argv, "MALLOC_ARENA_MAX", nil, append(inherited, "PATH=/none")...)
		return value
	}
	g.Expect(arenas(java)).To(Equal("2"))
	g.Expect(arenas(java, "MALLOC_ARENA_MAX=4")).To(Equal("4"))
	g.Expect(arenas([]string{"./start.sh"}, "JAVA_HOME=/jre")).To(Equal("2"))
	g.Expect(arenas([]string{"./go"})).To(Equal("unset"))
	g.Expect(told(t, divided, "tail", java, "MALLOC_ARENA_MAX")).To(Equal("unset"))
	g.Expect(told(t, divided, "app", java, "MALLOC_ARENA_MAX")).To(Equal("unset"))
}

func TestASidecarLosesWhatIsMeantForTheAppsJVM(t *testing.T) {
	calculated := inOneGigabyte(t, "")
	for name, c := range map[string]struct{ inherited, kept, note string }{
		"a calculation":   {"-Da=b " + calculated + " -Dc", "-Da=b -Dc", "-XX:MaxDirectMemorySize -Xmx"},
		"a heap":          {"-Xmx400m -Xms400m -XX:MaxHeapSize=1g -XX:+UseG1GC", "-XX:+UseG1GC", "-Xmx400m -Xms400m -XX:MaxHeapSize"},
		"parts of memory": {"-XX:MaxRAMPercentage=75 -XX:MaxRAM=1g -XX:ProfiledCodeHeapSize=9m", "", "-XX:MaxRAMPercentage -XX:MaxRAM"},
		"a debugger":      {"-agentlib:jdwp=transport=dt_socket,server=y,address=*:8000,suspend=n -Da", "-Da", "-agentlib:jdwp"},
		"an old debugger": {"-Xdebug -Xrunjdwp:transport=dt_socket,address=8000 -Da", "-Da", "-Xdebug -Xrunjdwp"},
		"JMX":             {"-Djava.rmi.server.hostname=127.0.0.1 -Dcom.sun.management.jmxremote.port=5000 -Da", "-Da", "jmxremote.port"},
		"a recording":     {"-XX:StartFlightRecording=dumponexit=true,filename=/tmp/recording.jfr -Da", "-Da", "-XX:StartFlightRecording"},
		"memory tracking": {"-XX:+UnlockDiagnosticVMOptions -XX:NativeMemoryTracking=summary -XX:+PrintNMTStatistics",
			"-XX:+UnlockDiagnosticVMOptions", "-XX:+PrintNMTStatistics"},
		"logs to a file": {"-Xlog:gc*:file=/tmp/gc.log -Xloggc:/tmp/gc.log -Xlog:gc:/tmp/x -Xlog:gc -Xlog:gc::uptime -Xlog:gc:stderr",
			"-Xlog:gc -Xlog:gc::uptime -Xlog:gc:stderr", "-Xlog:gc*:file"},
		"agents' ports": {"-javaagent:/b.jar=9404:/c.yml -javaagent:/c.jar=0.0.0.0:9404 -javaagent:/d.jar=port=1", "", "-javaagent:/b.jar"},
		"agents that are known for their ports": {"-javaagent:/a/jmx_prometheus_javaagent.jar=/c.yml -javaagent:/jolokia-jvm.jar", "",
			"-javaagent:/jolokia-jvm.jar"},
		"a native agent": {"-agentpath:/jre/lib/libjdwp.so=address=8000 -agentpath:/x/libasync.so=start",
			"-agentpath:/x/libasync.so=start", "libjdwp"},
		"other agents": {"-javaagent:/apm.jar=service=web -Djava.security.properties=/a",
			"-javaagent:/apm.jar=service=web -Djava.security.properties=/a", ""},
		"nothing":          {`-Da="b  c"   -Db`, `-Da="b  c"   -Db`, ""},
		"what it all were": {calculated, "", "-Xss1M"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			for _, variable := range []string{"JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "JAVA_OPTS", "CATALINA_OPTS"} {
				want, own := c.kept, "JAVA_TOOL_OPTIONS"
				if variable == own {
					want = strings.TrimSpace(c.kept + " " + regionsOf256M)
				} else if want == "" {
					want = "unset"
				}
				got, notes := sidecar(t, java, variable, nil, variable+"="+c.inherited)
				g.Expect(got).To(Equal(want))
				if c.note != "" {
					g.Expect(notes).To(ContainElement(And(HavePrefix(variable+": without the app's "), ContainSubstring(c.note))))
				}
			}
		})
	}
}

func TestWhatASidecarSaysItselfIsNeverTouched(t *testing.T) {
	g := NewWithT(t)
	const own = "-Xmx64m -agentlib:jdwp=transport=dt_socket,server=y,address=*:8001 -Dcom.sun.management.jmxremote.port=5001 -Xss1m"
	for _, variable := range []string{"JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "JAVA_OPTS", "CATALINA_OPTS"} {
		got, _ := sidecar(t, java, variable, map[string]string{variable: own}, variable+"=-Xmx1g")
		g.Expect(got).To(Equal(own))
	}
	got, notes := sidecar(t, java, "JAVA_TOOL_OPTIONS", map[string]string{"JAVA_TOOL_OPTIONS": own}, "JAVA_TOOL_OPTIONS=-Xmx1g")
	g.Expect(got).To(HavePrefix(own + " -XX:MaxDirectMemorySize=10M "))
	g.Expect(notes).NotTo(ContainElement(ContainSubstring("without")))
}

func TestAnAgentsSecretsAreNotShown(t *testing.T) {
	_, notes := sidecar(t, java, "JAVA_TOOL_OPTIONS", nil, "JAVA_TOOL_OPTIONS=-javaagent:/a.jar=port=1,key=secret")
	NewWithT(t).Expect(notes).NotTo(ContainElement(ContainSubstring("secret")))
}

func TestASidecarWithoutMemoryLosesTheAppsSizesToo(t *testing.T) {
	g := NewWithT(t)
	d := divide(t, inGigabyte, "tail", plan.Size(0))
	options := "JAVA_TOOL_OPTIONS=-Da " + inOneGigabyte(t, "")
	g.Expect(told(t, d, "tail", java, "JAVA_TOOL_OPTIONS", options)).To(Equal("-Da"))
	g.Expect(told(t, d, "app", java, "JAVA_TOOL_OPTIONS", options)).To(Equal(strings.TrimPrefix(options, "JAVA_TOOL_OPTIONS=")))
	g.Expect(told(t, divided, "tail", java, "JAVA_TOOL_OPTIONS", options)).To(Equal("-Da"))
}

func TestASidecarTooSmallForAJVMIsAnErrorWithTheRegions(t *testing.T) {
	const table = "memory: agent: non-heap memory regions require 105813K, which leaves less than 16M of heap of the 64M available for " +
		"allocation " +
		"(its own memory): 0 headroom, -XX:MaxDirectMemorySize=10M, -XX:MaxMetaspaceSize=16M, -XX:ReservedCodeCacheSize=8M, " +
		"-Xss512K * 40 threads, 50517K of the JVM's own: "
	for name, c := range map[string]struct {
		argv []string
		want string
	}{
		"java":           {java, table},
		"behind a shell": {[]string{"bash", "-c", "exec java -jar agent.jar"}, table},
		"an initial heap": {[]string{"java", "-Xms48m", "-Xss16k", "-XX:MaxMetaspaceSize=1m",
			"-XX:MaxDirectMemorySize=1m", "-XX:ReservedCodeCacheSize=2m", "A"},
			"memory: agent: -Xms48m is more than the heap of 18474K that its own 64M leave: lower it, or give it more"},
		"a heap": {[]string{"java", "-Xmx128m"},
			"memory: agent: all memory regions require 128M, which is greater than the 64M available for allocation (its own memory): -Xmx128M"},
		"what may be no JVM":  {[]string{"./agent"}, ""},
		"what only names one": {[]string{"./agent", "--language", "java"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			env, _, err := environment(divided, "agent", c.argv, []string{"JAVA_HOME=/jre"})
			if c.want != "" {
				g.Expect(err).To(MatchError(ContainSubstring(c.want)))
				return
			}
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(env).To(ContainElement("JAVA_TOOL_OPTIONS=-XX:MaxRAM=67108864"))
		})
	}
}

func TestASidecarsJVMThatMayTakeMoreThanItsShareIsNoted(t *testing.T) {
	_, notes := sidecar(t, []string{"java", "-Xmx200m", "A"}, "JAVA_TOOL_OPTIONS", nil)
	NewWithT(t).Expect(notes).To(ContainElement(HavePrefix("its JVM may take 413013K, more than its 256M: -Xmx200M, 0 headroom, ")))
	_, notes = sidecar(t, []string{"java", "-Xmx50m", "A"}, "JAVA_TOOL_OPTIONS", nil)
	NewWithT(t).Expect(notes).NotTo(ContainElement(HavePrefix("its JVM may take")))
}

func TestTheRegionsCanBeShown(t *testing.T) {
	g := NewWithT(t)
	show := func(share plan.Size, argv []string, env ...string) (string, error) {
		return runtimes.SidecarJVM(share, runtimes.Process{Name: "agent", Argv: argv, Env: env})
	}
	g.Expect(show(256*M, java)).To(Equal(
		"heap 52M, metaspace 64M, code cache 32M, 40 stacks of 512K, direct memory 10M, the JVM's own 77M"))
	g.Expect(show(256*M, []string{"java", "-XX:MaxRAMPercentage=50"})).To(HavePrefix("heap as its options say, metaspace 64M"))
	g.Expect(show(256*M, java, "JAVA_TOOL_OPTIONS=-Xmx64m")).To(HavePrefix("heap 64M, "))
	g.Expect(show(256*M, []string{"./go"})).To(BeEmpty())
	g.Expect(show(0, java)).To(BeEmpty())
	_, err := show(178*M, java) // its heap would be 15M
	g.Expect(err).To(MatchError(ContainSubstring("leaves less than 16M of heap")))
	_, err = show(64*M, java)
	g.Expect(err).To(MatchError(ContainSubstring("leaves less than 16M of heap")))
}
