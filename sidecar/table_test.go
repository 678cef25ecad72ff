package sidecar

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

func TestWrap(t *testing.T) {
	for text, want := range map[string][]string{
		"":                             {""},
		"./a --b":                      {"./a --b"},
		"./agent --listen here":        {"./agent", "--listen", "here"},
		"/layers/files/agent -v":       {"/layers/files/agent", "-v"},
		strings.Repeat("x", 23) + " y": {"xxxxxxxxxx", "xxxxxxxxxxxxx", "y"},
	} {
		NewWithT(t).Expect(wrap(text, 10)).To(Equal(want), text)
	}
}
