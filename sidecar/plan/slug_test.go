package plan_test

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func TestSlug(t *testing.T) {
	for name, want := range map[string]string{
		"config-server":         "config-server",
		"My Sidecar":            "my-sidecar",
		"a.b_c":                 "a-b_c",
		"agent.toml":            "agent-toml",
		"a/b: c":                "a-b--c",
		" ..x-- ":               "x",
		"Café":                  "caf",
		"猫":                     "sidecar-2b987a0f",
		strings.Repeat("a", 63): strings.Repeat("a", 63),
		"Store":                 "sidecar-store",
		"build":                 "sidecar-build",
		"launch":                "sidecar-launch",
		"launcher":              "sidecar-launcher",
		"sidecar-launch":        "sidecar-launch",
	} {
		if got := plan.Slug(name); got != want {
			t.Errorf("Slug(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestSlugIsALayersName(t *testing.T) {
	fits := regexp.MustCompile(`^([a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?)?$`)
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ A-Za-z0-9._/-]{0,80}`)).Draw(t, "name")
		slug := plan.Slug(name)
		if !fits.MatchString(slug) {
			t.Fatalf("Slug(%q) = %q", name, slug)
		}
		if again := plan.Slug(slug); again != slug {
			t.Fatalf("Slug(%q) = %q, and of that %q", name, slug, again)
		}
	})
}
