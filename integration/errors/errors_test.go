// Package errors_test holds docs/errors.md to the code, so that every message is on the page and nothing else.
package errors_test

import (
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

const root = "../.."

func TestThePageListsEveryMessageOfTheCode(t *testing.T) {
	texts, err := textsBelow(root, append(slices.Clone(elsewhere), drawings), "cmd", "sidecar")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	listed(t, texts, "docs/errors.md", others)
}

// elsewhere are the rooms whose messages have a page of their own: what an export or a first declaration loses.
var elsewhere = []string{"sidecar/export", "sidecar/adopt"}

// drawings is the room that says nothing but what it shows.
const drawings = "sidecar/preview"

func TestThePageListsEveryLossOfTheCode(t *testing.T) {
	texts, err := textsBelow(root, []string{"sidecar/adopt/rules.go"}, elsewhere...) // the rules are tables of their own page
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	listed(t, texts, "docs/export.md", noLosses)
}

func listed(t *testing.T, texts map[string]string, name string, others map[string][]string) {
	t.Helper()
	expect := NewWithT(t).Expect
	page, err := os.ReadFile(filepath.Join(root, name))
	expect(err).NotTo(HaveOccurred())
	rows, err := rowsOf(name, string(page))
	expect(err).NotTo(HaveOccurred())
	for _, difference := range compare(texts, rows, others) {
		t.Error(difference)
	}
}

const source = `package p

import "fmt"

func f(name string, n int) error {
	t.debug("%s is quiet", name)
	if n > 100 {
		return fmt.Errorf("%q is %d%%: " + hint(name, "write at most one hundred"), name, n)
	}
	if n < 0 {
		return fault.Around("reading " + name + ": ", errors.New("overheated"), ": name another")
	}
	return fault.Wrap(name+" can't be read: ", err)
}
`

const sourcePage = "| message | cause | what to do |\n|---|---|---|\n| `\"<name>\" is <n>%: <hint>` | a | b |\n" +
	"| `write at most one hundred` | a | b |\n| `reading <file>: <reason>: name another` `overheated` | a \\| b | c |\n" +
	"| `<file> can't be read: <reason>` | a | b |\n"

func TestTheCheckTells(t *testing.T) {
	for name, c := range map[string]struct{ source, page, tells string }{
		"nothing where all is there": {source, sourcePage, ""},
		"a message that has no row": {
			strings.Replace(source, "return fmt", `say("now " + name + " is new"); return fmt`, 1), sourcePage,
			`new.go:8:7: "now <> is new" has no row`,
		},
		"a message that was changed": {
			strings.ReplaceAll(source, "name another", "name one more"), sourcePage, `: <>: name one more" has no row`,
		},
		"a row whose message was changed": {
			strings.ReplaceAll(source, "one hundred", "100"), sourcePage, "page:4: the code has no message",
		},
		"an error of one word": {strings.ReplaceAll(source, "overheated", "burnt"), sourcePage, `"burnt" has no row`},
		"a row that was taken out": {
			source, strings.Replace(sourcePage, "| `write at most one hundred` | a | b |\n", "", 1), `one hundred" has no row`,
		},
		"a row that isn't set as code": {source, strings.ReplaceAll(sourcePage, "`overheated`", "overheated"), `"overheated" has no row`},
	} {
		t.Run(name, func(t *testing.T) {
			expect := NewWithT(t).Expect
			r := reader{token.NewFileSet(), map[string]string{}}
			expect(r.read("new.go", c.source)).To(Succeed())
			rows, err := rowsOf("page", c.page)
			expect(err).NotTo(HaveOccurred())
			told := strings.Join(compare(r.places, rows, nil), "\n")
			expect(told).To(ContainSubstring(c.tells))
			expect(told == "").To(Equal(c.tells == ""), told)
		})
	}
}

func TestARowHasACauseAndAWayOut(t *testing.T) {
	_, err := rowsOf("page", "| message | cause | what to do |\n|---|---|---|\n| `no` | because |\n")
	NewWithT(t).Expect(err).To(MatchError("page:3: a row is | message | cause | what to do |"))
}

func TestTheListOfOthersIsOfTheCode(t *testing.T) {
	others := map[string][]string{"help": {"Usage: …", "gone"}}
	told := compare(map[string]string{"Usage: x y": "a.go:1"}, nil, others)
	NewWithT(t).Expect(told).To(HaveExactElements(`"gone", listed as "help", is not in the code any more: take it off that list`))
}
