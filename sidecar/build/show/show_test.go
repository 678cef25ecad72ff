package show_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/show"
)

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "",
		"plain, with 日本語 and é":            "plain, with 日本語 and é",
		`quotes " and \ stay`:              `quotes " and \ stay`,
		"\x1b]0;title\a\r\nforged":         `\x1b]0;title\a\r\nforged`,
		"a\u202eb\u2066c\u2028d\u00a0e":    `a\u202eb\u2066c\u2028d\u00a0e`,
		"no \xff text":                     `no \xff text`,
		"a tab\tand a zero\x00width\u200b": `a tab\tand a zero\x00width\u200b`,
	} {
		NewWithT(t).Expect(show.Text(text)).To(Equal(want))
	}
}

func TestCommand(t *testing.T) {
	for _, c := range []struct {
		argv []string
		want string
	}{
		{[]string{"./agent", "--port=80", "a b"}, "./agent --port=80 'a b'"},
		{[]string{"bash", "-c", "./migrate && exec ./app --listen $PORT"}, "bash -c './migrate && exec ./app --listen $PORT'"},
		{[]string{"echo", "it's", ""}, `echo 'it'\''s' ''`},
		{[]string{"sh", "-c", "a\nb\x1b[2J"}, `sh -c 'a\nb\x1b[2J'`},
	} {
		NewWithT(t).Expect(show.Command(c.argv)).To(Equal(c.want))
	}
}

func TestURIsHaveNoSecrets(t *testing.T) {
	for uri, want := range map[string]string{
		"https://example.org/a/b.tgz":            "https://example.org/a/b.tgz",
		"https://example.org/a?token=hunter2":    "https://example.org/a?***",
		"https://me:hunter2@example.org/a?x=1#y": "https://***@example.org/a?***",
		"https://example.org/a#hunter2":          "https://example.org/a#***",
		"https://example.org/a?":                 "https://example.org/a?",
		"file:///mirror/agent":                   "file:///mirror/agent",
		"no URI":                                 "no URI",
		"https://a@b/c@d?e":                      "https://***@b/c@d?***",
	} {
		NewWithT(t).Expect(show.URI(uri)).To(Equal(want))
		NewWithT(t).Expect(show.Redacted("from " + uri + ", twice " + uri)).NotTo(ContainSubstring("hunter2"))
		NewWithT(t).Expect(show.HasSecrets(uri)).To(Equal(uri != want), uri)
	}
}
