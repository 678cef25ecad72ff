package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	. "github.com/onsi/gomega"
	"go.yaml.in/yaml/v3"
)

// hostile are values that could end a comment, or that YAML takes only when they are escaped.
var hostile = []string{"$(cat <<EOF\nservices: hello\nEOF\n)", "a\x7fb", "a\u0085b", "a\u2028b", "a\ufeffb", "a\uffffb", "a\tb\x1b[2J"}

func TestWhateverIsDeclaredTheExportIsYAML(t *testing.T) {
	for _, target := range [][]string{{"kubernetes", "--shape", "split"}, {"kubernetes"}, {"compose"}, {"cloudfoundry"}} {
		for _, value := range hostile {
			t.Run(fmt.Sprintf("%s %q", target, value), func(t *testing.T) {
				g := NewWithT(t)
				text := exportText(t, target, fmt.Sprintf("[[sidecars]]\nname = \"agent\"\ncommand = [\"./agent\", %s]\nessential = false\n"+
					"env = { V = %s }\nenv-from = [{ file = %s }]\n", quote(value), quote(value), quote("/etc/"+value)))
				var document map[string]any
				g.Expect(yaml.Unmarshal([]byte(text), &document)).To(Succeed(), text)
				g.Expect(document).NotTo(HaveKey("services: hello"))
				if target[0] == "kubernetes" {
					g.Expect(containsValue(document, value)).To(BeTrue(), text)
				}
			})
		}
	}
}

// quote returns a TOML string.
func quote(text string) string {
	var out bytes.Buffer
	for _, r := range text {
		fmt.Fprintf(&out, `\U%08x`, r)
	}
	return `"` + out.String() + `"`
}

// containsValue reports whether a text stands somewhere in a YAML document.
func containsValue(node any, text string) bool {
	switch n := node.(type) {
	case string:
		return n == text
	case map[string]any:
		for _, item := range n {
			if containsValue(item, text) {
				return true
			}
		}
	case []any:
		for _, item := range n {
			if containsValue(item, text) {
				return true
			}
		}
	}
	return false
}

// exportText returns what an export of a declaration writes.
func exportText(t *testing.T, args []string, declaration string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "sidecar.toml")
	if err := os.WriteFile(file, []byte(declaration), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if status := Main(append(append([]string{"export"}, args...), "--file", file, "--image", "shop:1"), &out, &errs); status != 0 {
		t.Fatal("exit " + strconv.Itoa(status) + ": " + errs.String())
	}
	return out.String()
}
