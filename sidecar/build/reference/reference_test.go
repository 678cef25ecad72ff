package reference_test

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/reference"
)

func TestRewrite(t *testing.T) {
	// lookup finds everything: a program in <…>, any other file in (…).
	lookup := func(f reference.File) string {
		if f.Program {
			return "<" + f.Path + ">"
		}
		return "(" + f.Path + ")"
	}
	for _, c := range []struct{ argv, want []string }{
		{nil, nil},
		{[]string{"agent"}, []string{"<agent>"}},
		{[]string{"bin/agent", "bin/x", "./conf"}, []string{"<bin/agent>", "bin/x", "(./conf)"}},
		{[]string{"java", "--config=./a.yml,./b.yml", "-Dx=../c"}, []string{"<java>", "--config=(./a.yml),(./b.yml)", "-Dx=../c"}},
		{[]string{"java", "-jar", "./mit Leerzeichen.jar"}, []string{"<java>", "-jar", "(./mit Leerzeichen.jar)"}},
		{[]string{"x", "a./b", "./日本/語"}, []string{"<x>", "a./b", "(./日本/語)"}},
		{
			[]string{"bash", "-c", `X=1 exec bin/agent "$PORT" --config ./a.yml`},
			[]string{"<bash>", "-c", `X=1 exec <bin/agent> "$PORT" --config (./a.yml)`},
		},
		{
			[]string{"/bin/sh", "-ec", `if true; then "./a b"; else ( './c' ); fi && env A=b ./d | $(./e)`},
			[]string{"</bin/sh>", "-ec", `if true; then "<./a b>"; else ( '<./c>' ); fi && env A=b <./d> | $(<./e>)`},
		},
		{[]string{"bash", "-c", "test -f x || agent ./y"}, []string{"<bash>", "-c", "test -f x || agent (./y)"}},
		{[]string{"bash", "-c", "$HOME/x; ~/y; bin/*"}, []string{"<bash>", "-c", "$HOME/x; ~/y; bin/*"}},
		{[]string{"bash", "-c", "not shell ((( ./x"}, []string{"<bash>", "-c", "not shell ((( (./x)"}},
		{[]string{"bash", "script", "bin/x"}, []string{"<bash>", "script", "bin/x"}},
	} {
		NewWithT(t).Expect(reference.Rewrite(c.argv, lookup)).To(Equal(c.want))
	}
}

func TestWhatIsNotFoundStays(t *testing.T) {
	argv := []string{"bash", "-c", `exec bin/agent ./x "./y"`}
	NewWithT(t).Expect(reference.Rewrite(argv, func(reference.File) string { return "" })).To(Equal(argv))
}

func TestFiles(t *testing.T) {
	NewWithT(t).Expect(reference.Files([]string{"sh", "-c", "./agent ./conf; ./agent"})).To(Equal([]reference.File{
		{Path: "sh", Program: true}, {Path: "./agent", Program: true}, {Path: "./conf"},
	}))
}

func FuzzRewrite(f *testing.F) {
	f.Add("bash", "-c", "exec ./agent $PORT || (bin/x)")
	f.Add("sh", "-c", "\"./a\"; './b'; a=./c ./d")
	f.Fuzz(func(t *testing.T, shell, option, text string) {
		argv := []string{shell, option, text}
		same := reference.Rewrite(argv, func(f reference.File) string { return f.Path })
		if strings.Join(same, "\x00") != strings.Join(argv, "\x00") {
			t.Fatalf("%q became %q", argv, same)
		}
	})
}
