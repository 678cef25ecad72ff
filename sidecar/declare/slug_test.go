package declare_test

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"

	"github.com/sidecar-buildpack/sidecar/sidecar/declare"
)

func TestSlug(t *testing.T) {
	for name, want := range map[string]string{
		"config-server":  "config-server",
		"My Sidecar":     "my-sidecar",
		"a.b_c":          "a-b_c",
		"agent.toml":     "agent-toml",
		"a/b: c":         "a-b--c",
		" ..x-- ":        "x",
		"Café":           "caf",
		"猫":              "",
		"Store":          "sidecar-store",
		"build":          "sidecar-build",
		"launch":         "sidecar-launch",
		"launcher":       "launcher",
		"sidecar-launch": "sidecar-launch",
	} {
		if got := declare.Slug(name); got != want {
			t.Errorf("Slug(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestSlugIsALayersName(t *testing.T) {
	fits := regexp.MustCompile(`^([a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?)?$`)
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ A-Za-z0-9._/-]{0,80}`)).Draw(t, "name")
		slug := declare.Slug(name)
		if !fits.MatchString(slug) {
			t.Fatalf("Slug(%q) = %q", name, slug)
		}
		if again := declare.Slug(slug); again != slug {
			t.Fatalf("Slug(%q) = %q, and of that %q", name, slug, again)
		}
	})
}
