package declare

import (
	"slices"
	"strings"
)

// mostSlug is the length of a slug, as of Kubernetes' names.
const mostSlug = 63

// Slug makes a sidecar's name fit where names are narrow: layers, files, process types. It is lower case, has only a-z, 0-9,
// underscore and hyphen, begins and ends with a letter or digit, and has at most 63 characters; all else becomes a hyphen: with a dot,
// a layer could have the name of another's metadata, such as agent.toml. It is empty where nothing of the name is left.
func Slug(name string) string {
	slug := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '_':
			return r
		default:
			return '-'
		}
	}, strings.ToLower(name))
	slug = strings.Trim(slug, "-_")
	// Layers of these names would take the files of the build's own: https://github.com/buildpacks/spec/blob/main/buildpack.md#layers.
	if slices.Contains([]string{"build", "launch", "store", "supervisor"}, slug) {
		slug = "sidecar-" + slug
	}
	return strings.TrimRight(slug[:min(len(slug), mostSlug)], "-_")
}
