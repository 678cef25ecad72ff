package export_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/export"
)

func TestACommentIsOneLine(t *testing.T) {
	for text, want := range map[string]string{
		"plain, with 日本語 and é":   "plain, with 日本語 and é",
		"$(cat <<EOF\nkey: value": `$(cat <<EOF\nkey: value`,
		"a\r\u0085\u2028b\x1b":    `a\r\u0085\u2028b\x1b`,
		`quotes " and \ stay`:     `quotes " and \ stay`,
	} {
		needs, losses := export.Needs{}, export.Losses{}
		needs.Add("file "+text, "it is read")
		losses.Add("agent", "env", "%s is lost", text)
		NewWithT(t).Expect(export.Comments(needs, losses)).To(Equal(
			"# needs: file " + want + ": it is read\n# lost: agent: env: " + want + " is lost\n"))
	}
}
