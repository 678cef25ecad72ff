package docs_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

// block is a fenced block of commands. What stands behind the fence says how it is run:
//
//	```sh                     its commands must succeed
//	```sh fails               the last one must fail
//	```sh not-run: REASON     it isn't run
//
// A comment of one line, <!-- sh: COMMANDS -->, is run too, and no reader sees it: it makes what the page takes as given.
type block struct {
	line    int
	code    string
	fails   bool
	leftOut string
}

// read returns a page's blocks in their order.
func read(file string) ([]block, error) {
	page, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var all []block
	var open *block
	number := 0
	for line := range strings.Lines(string(page)) {
		number++
		line = strings.TrimSuffix(line, "\n")
		switch hidden, isHidden := strings.CutPrefix(line, "<!-- sh: "); {
		case open != nil && line == "```":
			if open.line > 0 { // else it is a file or what is written, and no command
				all = append(all, *open)
			}
			open = nil
		case open != nil:
			open.code += line + "\n"
		case isHidden:
			all = append(all, block{line: number, code: strings.TrimSuffix(hidden, " -->") + "\n"})
		case strings.HasPrefix(line, "```sh") || strings.HasPrefix(line, "```console"):
			if open, err = begin(number, line); err != nil {
				return nil, fmt.Errorf("%s:%w", file, err)
			}
		case strings.HasPrefix(line, "```"):
			open = &block{}
		}
	}
	return all, nil
}

func begin(number int, fence string) (*block, error) {
	_, how, _ := strings.Cut(fence, " ")
	reason, isLeftOut := strings.CutPrefix(how, "not-run: ")
	switch {
	case how == "":
		return &block{line: number}, nil
	case how == "fails":
		return &block{line: number, fails: true}, nil
	case isLeftOut && reason != "":
		return &block{line: number, leftOut: reason}, nil
	}
	return nil, fmt.Errorf("%d: %q says neither \"fails\" nor \"not-run: REASON\" behind the language", number, fence)
}

// script returns what is to be run of blocks, or "" where that is nothing that a reader would run.
func script(blocks []block) (text string) {
	for _, b := range blocks {
		switch {
		case b.leftOut != "":
		case b.fails:
			text += "set +e\n(set -e\n" + b.code + ")\nended=$?\nset -e\n((ended)) || { echo 'should have failed'; exit 1; }\n"
		default:
			text += b.code
		}
	}
	return text
}

func TestReadsBlocks(t *testing.T) {
	expect := NewWithT(t).Expect
	file := t.TempDir() + "/page.md"
	expect(os.WriteFile(file, []byte("# A page\n```toml\na = 1\n```\n<!-- sh: cd /tmp -->\n```sh\necho 1\necho 2\n```\n"+
		"```\n$ plain\n```\n```console not-run: it takes days\nsleep 999999\n```\n```sh fails\nfalse\n```\n"), 0o600)).To(Succeed())
	blocks, err := read(file)
	expect(err).NotTo(HaveOccurred())
	expect(blocks).To(Equal([]block{
		{line: 5, code: "cd /tmp\n"},
		{line: 6, code: "echo 1\necho 2\n"},
		{line: 13, code: "sleep 999999\n", leftOut: "it takes days"},
		{line: 16, code: "false\n", fails: true},
	}))
	expect(os.WriteFile(file, []byte("```sh later\n```\n"), 0o600)).To(Succeed())
	_, err = read(file)
	expect(err).To(MatchError(ContainSubstring(`page.md:1: "` + "```sh later")))
}
