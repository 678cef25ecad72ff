package memory_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/memory"
)

func TestTheDocumentationListsTheRuntimes(t *testing.T) {
	var table strings.Builder
	table.WriteString("\n| variable | is given | where |\n|---|---|---|\n")
	for _, r := range memory.Runtimes {
		fmt.Fprintf(&table, "| `%s` | %s | %s |\n", r.Variable, r.Value, r.When)
	}
	table.WriteString("\n")
	text, err := os.ReadFile("../../docs/memory.md")
	if err != nil {
		t.Fatal(err)
	}
	NewWithT(t).Expect(string(text)).To(ContainSubstring(table.String()))
}
