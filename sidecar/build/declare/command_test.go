package declare_test

import (
	"os/exec"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"pgregory.net/rapid"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
)

func TestCommandsThatNeedNoShell(t *testing.T) {
	for text, want := range map[string]declare.Command{
		`./config-server`:                    {"./config-server"},
		`  ./config-server  --quiet `:        {"./config-server", "--quiet"},
		`java -jar "my app.jar" 'a $b' c\ d`: {"java", "-jar", "my app.jar", "a $b", "c d"},
		`a "" ''`:                            {"a", "", ""},
		`a x"y"'z'`:                          {"a", "xyz"},
		`a "\$b \" \\ \c"`:                   {"a", `$b " \ \c`},
		`a \* \? \[ \~ \{ "*" '{a,b}' "~"`:   {"a", "*", "?", "[", "~", "{", "*", "{a,b}", "~"},
		`a -Dx=y --b=c d=e`:                  {"a", "-Dx=y", "--b=c", "d=e"},
		`a # not me`:                         {"a"},
		`a b#c`:                              {"a", "b#c"},
		`a !`:                                {"a", "!"},
		`a cd if`:                            {"a", "cd", "if"},
		"a b\n":                              {"a", "b"},
		`env A=b ./c`:                        {"env", "A=b", "./c"},
		`a é`:                                {"a", "é"},
		`a:b@c,d+e%f^g`:                      {"a:b@c,d+e%f^g"},
	} {
		t.Run(text, func(t *testing.T) {
			NewWithT(t).Expect(declare.SplitCommand(text)).To(Equal(want))
		})
	}
}

func TestCommandsThatNeedAShell(t *testing.T) {
	for _, text := range []string{
		`a $PORT`, `a "${PORT:-80}"`, "a `b`", `a $(b)`, `a $((1+1))`, `a $'\n'`, `a $"b"`, `a <(b)`,
		`a | b`, `a && b`, `a || b`, `a; b`, "a\nb", `a &`, `(a)`, `{ a; }`, `! a`, `a > b`, `a < b`, `a 2>&1`, "a <<b\nc\nb",
		`a *`, `a ?`, `a [bc]`, `a {b,c}`, `a ~`, `a ~/b`, `a b=~/c`, `a @(b|c)`,
		`A=b`, `A=b c`, `A+=b c`, `A[1]=b`,
		`cd conf`, `exec ./a`, `export A=b`, `source a`, `. a`, `'cd' a`, `c\d a`, `eval a`, `ulimit -n 3`, `test a`, `[ a ]`, `[[ a ]]`,
		`((1))`, `if a; then b; fi`, `for a in b; do c; done`, `while a; do b; done`, `case a in b) c;; esac`, `function a { b; }`, `a() { b; }`,
		`time a`, `coproc a`, `"" a`, `a )`, "a\rb", "a \\\n b", `# nothing`,
	} {
		t.Run(text, func(t *testing.T) {
			NewWithT(t).Expect(declare.SplitCommand(text)).To(Equal(declare.Command{"bash", "-c", text}))
		})
	}
}

func TestCommandsThatEndTooEarly(t *testing.T) {
	for _, text := range []string{`a 'b`, `a "b`, `a $(b`, "a `b", `a ${b`, `if a`, `a &&`, `(a`} {
		t.Run(text, func(t *testing.T) {
			_, err := declare.SplitCommand(text)
			NewWithT(t).Expect(err).To(MatchError(ContainSubstring("ends in the middle")))
		})
	}
}

// bash itself is asked what the arguments are.
func TestCommandsAreSplitAsBashSplitsThem(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash to compare with")
	}
	pieces := rapid.SampledFrom([]string{"a", "b", " ", " ", "'", `"`, `\`, "$", "`", "#", "=", "é", "\t", "\n", "!", "~", "{", ",",
		"}", "*", "-", "^", "\r"})
	rapid.Check(t, func(t *rapid.T) {
		text := "x " + strings.Join(rapid.SliceOfN(pieces, 0, 12).Draw(t, "text"), "")
		argv, err := declare.SplitCommand(text)
		if err != nil || argv[0] == "bash" {
			return
		}
		said, err := exec.Command(bash, "--norc", "-c", `x() { printf '%s\0' x "$@"; }`+"\n"+text).Output()
		if want := strings.Join(argv, "\x00") + "\x00"; err != nil || string(said) != want {
			t.Fatalf("%q is split into %q, bash has %q, %v", text, argv, said, err)
		}
	})
}

func TestVariablesThatNoShellReadsGetAWarning(t *testing.T) {
	for text, want := range map[string]string{
		`command = ["./a", "--port", "$PORT"]`: `sidecar.toml:4:29: sidecar "a": command[2] is "$PORT": no shell reads a list: ` +
			`write $(PORT), or the command as text`,
		`command = ["./a", "x${HOST}y"]`: `sidecar.toml:4:19: sidecar "a": command[1] is "x${HOST}y": no shell reads a ` +
			`list: write $(HOST), or the command as text`,
		"command = 'x'\nenv.URL = 'http://$HOST/'": `sidecar.toml:5:11: sidecar "a": env.URL is "http://$HOST/": no shell reads it: ` +
			`write $(HOST)`,
		`command = ["sh", "-c", "./a $PORT"]`:         "",
		`command = ["./a", "$(PORT)", "$$PORT", "$"]`: "",
		`command = "./a $PORT"`:                       "",
		"command = 'x'\nenv.PRICE = '5 $, $$9, \\$x'": "",
	} {
		source, err := declare.ParseSource([]byte("[[sidecars]]\nname = 'a'\n\n"+text), "sidecar.toml")
		expect := NewWithT(t).Expect
		expect(err).NotTo(HaveOccurred(), text)
		if want == "" {
			expect(source.Warnings).To(BeEmpty(), text)
		} else {
			expect(source.Warnings).To(Equal([]string{want}), text)
		}
	}
}

func TestAListOfOneThatHoldsAllWordsGetsAWarning(t *testing.T) {
	expect := NewWithT(t).Expect
	for word, words := range map[string]string{"./a --quiet": `"./a", "--quiet"`, "sleep 500": `"sleep", "500"`} {
		source, err := declare.ParseSource([]byte("[[sidecars]]\nname = 'a'\ncommand = ['"+word+"']"), "sidecar.toml")
		expect(err).NotTo(HaveOccurred())
		expect(source.Warnings).To(Equal([]string{`sidecar.toml:3:12: sidecar "a": command[0] is "` + word + `": a list has each ` +
			`word for itself: write [` + words + `], or the command as text`}))
	}
}

func TestACommandThatGoesIntoTheBackgroundGetsAWarning(t *testing.T) {
	for text, warns := range map[string]bool{
		"./a --port 1 &": true, "./a; ./b &": true, "./a & ./b": false, "./a & wait": false, "./a '&'": false,
	} {
		source, err := declare.ParseSource([]byte("[[sidecars]]\nname = 'a'\ncommand = \""+text+"\""), "sidecar.toml")
		expect := NewWithT(t).Expect
		expect(err).NotTo(HaveOccurred())
		yaml := "applications:\n- sidecars:\n  - {name: a, process_types: [web], command: \"" + text + "\"}"
		manifest, err := declare.ReadText([]byte(yaml), "m.yml", "")
		expect(err).NotTo(HaveOccurred())
		for _, warnings := range [][]string{source.Warnings, manifest.Warnings} {
			if warns {
				expect(warnings).To(ConsistOf(HaveSuffix("leave its & out, so that it stays in the foreground")))
			} else {
				expect(warnings).To(BeEmpty())
			}
		}
	}
}

func TestTextStaysWhatAShellReads(t *testing.T) {
	for text, want := range map[string][]string{
		`"./a $(hostname) $$ $PORT"`: {"bash", "-c", "./a $$(hostname) $$$ $PORT"},
		`"./a '$(PORT)'"`:            {"./a", "$$(PORT)"},
		`["./a", "$(PORT)"]`:         {"./a", "$(PORT)"},
	} {
		d, err := declare.Parse([]byte("[[sidecars]]\nname = 'a'\ncommand = "+text), "sidecar.toml")
		expect := NewWithT(t).Expect
		expect(err).NotTo(HaveOccurred(), text)
		expect([]string(d.Sidecars[0].Command)).To(Equal(want))
	}
}
