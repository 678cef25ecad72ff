package declare_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/declare"
)

// most is the size that a declaration can have.
const most = 256 << 10

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

func TestHostileDeclarationsAreRefusedAtOnce(t *testing.T) {
	const tooDeep = "sidecar.toml: line 2: it is nested more than 64 deep, which no declaration needs to be"
	repeat := strings.Repeat
	for _, c := range []struct{ name, text, want string }{
		{"too large", "#" + repeat("x", most), "sidecar.toml: it is larger than 256 KiB, which no declaration needs to be"},
		{"a deep key", "\n" + repeat("a.", most/2-2) + "a=1", tooDeep},
		{"a deep key in quotes", "\n" + repeat(`"".`, most/3-2) + "a=1", tooDeep},
		{"a deep table", "\n[" + repeat("a.", most/2-3) + "a]", tooDeep},
		{"a deep list", "\na=" + repeat("[", most-3), tooDeep},
		{"deep tables in a line", "\na=" + repeat("{a=", most/3-3), tooDeep},
		{"behind text of several lines", "a='''\n''''',b=" + repeat("[", 1000), tooDeep},
		{"behind text with a quote", `a="""` + "\n" + `\"""""",b=` + repeat("[", 1000), tooDeep},
		{"behind a comment", "#'\nb=" + repeat("[", 1000), tooDeep},
		{"many unknown keys", fill("", func(i int) string { return fmt.Sprintf("a%d=1\n", i) }), " more"},
		{"many wrong dependencies", fill(minimal+"[sidecars.depends-on]\n", func(i int) string { return fmt.Sprintf("a%d='ready'\n", i) }),
			" more"},
		{"many sidecars with a wrong dependency each", fill("", func(i int) string {
			return process(fmt.Sprintf("sidecar%d", i), needs(fmt.Sprintf("sidecaar%d", i)))
		}), `there is no sidecar "sidecaar0": did you mean sidecar0?`},
	} {
		t.Run(c.name, func(t *testing.T) {
			start := time.Now()
			_, err := declare.Parse([]byte(c.text), "sidecar.toml")
			expect := NewWithT(t).Expect
			expect(time.Since(start)).To(BeNumerically("<", time.Second))
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
			start := time.Now()
			_, err := declare.Parse([]byte(text), "sidecar.toml")
			expect := NewWithT(t).Expect
			expect(err).NotTo(HaveOccurred())
			expect(time.Since(start)).To(BeNumerically("<", time.Second))
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
	const many = "manifest.yml: not a manifest: it has more than 50000 values, those behind its aliases included: write fewer"
	for _, c := range []struct{ name, text, want string }{
		{"too large", "#" + strings.Repeat("x", most),
			"manifest.yml: not a manifest: it is larger than 256 KiB, which no declaration needs to be"},
		{"a billion laughs", laughs + "applications: [{name: a, sidecars: *a11}]", many},
		{"many merges", wide + strings.Repeat("{<<: *x},", 20000) + "]", many},
		{"deep lists", "a: " + strings.Repeat("[", most-3), "manifest.yml: not a manifest: exceeded max depth of 10000"},
		{"an alias of what it is in", "applications: &a [*a]", "manifest.yml: not a manifest: anchor 'a' value contains itself"},
	} {
		t.Run(c.name, func(t *testing.T) {
			start := time.Now()
			_, _, err := declare.ParseManifest([]byte(c.text), "manifest.yml", "")
			expect := NewWithT(t).Expect
			expect(time.Since(start)).To(BeNumerically("<", time.Second))
			expect(err).To(MatchError(c.want))
			_, err = declare.ParseLaunch([]byte(c.text), "launch.yml")
			expect(err).To(MatchError(HavePrefix("launch.yml: not a launch.yml: ")))
		})
	}
}
