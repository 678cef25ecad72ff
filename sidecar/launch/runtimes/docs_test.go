package runtimes_test

import (
	"os"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/runtimes"
)

func TestTheDocumentationListsTheVariables(t *testing.T) {
	text, err := os.ReadFile("../../../docs/memory.md")
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for line := range strings.Lines(string(text)) {
		if name, found := strings.CutPrefix(line, "| `"); found && strings.Count(line, "|") == 4 {
			name, _, _ = strings.Cut(name, "`")
			listed = append(listed, name)
		}
	}
	NewWithT(t).Expect(listed).To(ContainElements(runtimes.Variables()))
}
