package integration_test

import (
	"testing"

	"github.com/BurntSushi/toml"
	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
)

func testLabel(t *testing.T, when spec.G, it spec.S) {
	Expect := NewWithT(t).Expect

	it("has the declaration, with its defaults, for whoever has only the image", func() {
		var declaration struct{ Sidecars []map[string]any }
		Expect(toml.Unmarshal([]byte(goImage(t).Label(t, "io.sidecar-buildpack.declaration")), &declaration)).To(Succeed())
		Expect(declaration.Sidecars).To(HaveLen(1))
		Expect(declaration.Sidecars[0]).To(And(
			HaveKeyWithValue("name", "config-server"),
			HaveKeyWithValue("command", []any{"./config-server"}),
			HaveKeyWithValue("process-types", []any{"web"}),
			HaveKeyWithValue("memory", "32M"),
			HaveKeyWithValue("restart", "never")))
	})
}
