package declare_test

import (
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
)

// most is the size that a declaration can have.
const most = 256 << 10

// little returns a function that fails the test if more than a little of the processor and of memory was used since. What is not bounded
// takes minutes and gigabytes.
func little(t *testing.T) func() {
	used := func() (time.Duration, uint64) {
		var usage syscall.Rusage
		var memory runtime.MemStats
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&memory)
		return time.Duration(usage.Utime.Nano()), memory.TotalAlloc
	}
	processor, memory := used()
	return func() {
		p, m := used()
		if p -= processor; p > 3*time.Second {
			t.Errorf("it took %v of the processor", p)
		}
		if m -= memory; m > 256<<20 {
			t.Errorf("it took %d MiB of memory", m>>20)
		}
	}
}

// fill repeats what line gives as often as it fits behind head.
func fill(head string, line func(i int) string) string {
	var text strings.Builder
	text.WriteString(head)
	for i := 0; ; i++ {
		if l := line(i); text.Len()+len(l) <= most {
			text.WriteString(l)
		} else {
			return text.String()
		}
	}
}

// twofold returns variables that each refer to the next one twice.
func twofold(deep int) string {
	var text strings.Builder
	for i := range deep {
		fmt.Fprintf(&text, "A%d = '$(A%d)$(A%d)'\n", i, i+1, i+1)
	}
	return text.String()
}

func TestHostileDeclarationsAreRefusedAtOnce(t *testing.T) {
	const tooDeep = "it is nested more than 64 deep, which no declaration needs to be"
	const deepest = "nested more than the maximum of 10000 levels deep"
	repeat := strings.Repeat
	for _, c := range []struct{ name, text, want string }{
		{"too large", "#" + repeat("x", most), "sidecar.toml: it is larger than 256 KiB, which no declaration needs to be"},
		{"a deep key", "\n" + repeat("a.", most/2-2) + "a=1", tooDeep},
		{"a deep key in quotes", "\n" + repeat(`"".`, most/3-2) + "a=1", tooDeep},
		{"a deep table", "\n[" + repeat("a.", most/2-3) + "a]", tooDeep},
		{"a deep list", "\na=" + repeat("[", most-3), deepest},
		{"deep tables in a line", "\na=" + repeat("{a=", most/3-3), deepest},
		{"behind text of several lines", "\na='''\n'''''\nb=" + repeat("[", 1000) + repeat("]", 1000), tooDeep},
		{"behind text with a quote", `a="""` + "\n" + `\""""""` + "\nb=" + repeat("[", 1000) + repeat("]", 1000), tooDeep},
		{"behind a comment", "#'\nb=" + repeat("[", 1000) + repeat("]", 1000), tooDeep},
		{"many unknown keys", fill("", func(i int) string { return fmt.Sprintf("a%d=1\n", i) }), " more"},
		{"many wrong dependencies", fill(minimal+"[sidecars.depends-on]\n", func(i int) string { return fmt.Sprintf("a%d='ready'\n", i) }),
			" more"},
		{"many sidecars with a wrong dependency each", fill("", func(i int) string {
			return process(fmt.Sprintf("sidecar%d", i), needs(fmt.Sprintf("sidecaar%d", i)))
		}), `depends-on.sidecaar0 names no sidecar: did you mean sidecar0?`},
		{"variables that hold two others each, sixty deep", minimal + "[sidecars.env]\n" + twofold(60),
			`sidecar.toml:5:11: sidecar "config-server": env: its references to each other make more than 1 MiB`},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer little(t)()
			_, err := declare.Parse([]byte(c.text), "sidecar.toml")
			expect := NewWithT(t).Expect
			expect(err).To(HaveOccurred())
			expect(strings.Count(err.Error(), "\n")).To(BeNumerically("<=", 100))
			expect(strings.Contains(err.Error(), c.want)).To(BeTrue(), "%.300s", err)
		})
	}
}

func TestUnusualDeclarationsAreReadAtOnce(t *testing.T) {
	const head = "[[sidecars]]\nname = 'a'\n"
	for name, text := range map[string]string{
		"dots in text":                          head + "command = '''x\n" + strings.Repeat(".", 1000) + "[[[['''\n",
		"dots in comments":                      minimal + "# " + strings.Repeat(".[", 1000),
		"escaped quotes":                        head + `command = ["\"` + strings.Repeat("[", 1000) + `"]`,
		"many variables":                        fill(minimal+"[sidecars.env]\n", func(i int) string { return fmt.Sprintf("a%d=''\n", i) }),
		"a command that would be hard to parse": head + `command = """` + strings.Repeat("((", most/2-100) + `"""`,
		"a command of many expansions":          head + `command = """` + strings.Repeat("$(", most/2-100) + `"""`,
	} {
		t.Run(name, func(t *testing.T) {
			defer little(t)()
			_, err := declare.Parse([]byte(text), "sidecar.toml")
			NewWithT(t).Expect(err).NotTo(HaveOccurred())
		})
	}
}

func TestHostileManifestsAreRefusedAtOnce(t *testing.T) {
	laughs := "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
	for i := 1; i < 12; i++ {
		laughs += fmt.Sprintf("a%d: &a%d [%s*a%d]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d,", i-1), 9), i-1)
	}
	wide := "x: &x {"
	for i := range 2000 {
		wide += fmt.Sprintf("a%d: 1, ", i)
	}
	wide += "}\ny: ["
	const many = "manifest.yml: it has more than 50000 values, those behind its aliases included: write fewer"
	for _, c := range []struct{ name, text, want string }{
		{"too large", "#" + strings.Repeat("x", most),
			"manifest.yml: it is larger than 256 KiB, which no declaration needs to be"},
		{"a billion laughs", laughs + "applications: [{name: a, sidecars: *a11}]", many},
		{"many merges", wide + strings.Repeat("{<<: *x},", 20000) + "]", many},
		{"deep lists", "a: " + strings.Repeat("[", most-3), "manifest.yml: not YAML: exceeded max depth of 10000"},
		{"an alias of what it is in", "applications: &a [*a]", "manifest.yml: not YAML: an alias stands for what it is in"},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer little(t)()
			_, _, err := declare.ParseManifest([]byte(c.text), "manifest.yml", "")
			expect := NewWithT(t).Expect
			expect(err).To(MatchError(c.want))
			_, err = declare.ParseLaunch([]byte(c.text), "launch.yml")
			expect(err).To(MatchError(HavePrefix("launch.yml: ")))
		})
	}
}

func TestKeysThatAreRepeatedManyTimesTakeLittle(t *testing.T) {
	const head = "applications:\n- name: a\n  sidecars: []\n"
	for name, c := range map[string]struct{ line, want string }{
		"the same key":  {"  a: 1\n", ""},
		"lists as keys": {"  ? [1]\n  : 1\n", " more"},
	} {
		t.Run(name, func(t *testing.T) {
			defer little(t)()
			text := head + strings.Repeat(c.line, 12000)
			_, warnings, err := declare.ParseManifest([]byte(text), "manifest.yml", "")
			expect := NewWithT(t).Expect
			expect(len(warnings)).To(BeNumerically("<=", 100))
			if c.want != "" {
				expect(err).To(MatchError(And(ContainSubstring("a key is a list or a table"), ContainSubstring(c.want))))
			}
		})
	}
}
