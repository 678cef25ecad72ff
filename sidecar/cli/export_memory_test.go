package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"
)

func TestAnExportNeedsMemoryForTheAppAsWell(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sidecar.toml")
	text := "[[sidecars]]\nname = \"agent\"\ncommand = [\"./agent\"]\nmemory = \"600M\"\nessential = false\n"
	NewWithT(t).Expect(os.WriteFile(file, []byte(text), 0o600)).To(Succeed())
	said := func(args ...string) string {
		var out, errs bytes.Buffer
		NewWithT(t).Expect(Main(append(args, "--file", file, "--memory", "512M"), &out, &errs)).To(Equal(1), errs.String())
		return errs.String()
	}
	want := said("plan")
	NewWithT(t).Expect(want).To(ContainSubstring("--memory"))
	for _, target := range []string{"kubernetes", "compose", "cloudfoundry"} {
		NewWithT(t).Expect(said("export", target, "--image", "shop:1")).To(Equal(want), target)
	}
}
