package plan

import (
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
)

// mostSlug is the length of a slug, as of Kubernetes' names.
const mostSlug = 63

// Slug makes a sidecar's name fit where names are narrow: layers, files, process types. It is lower case, has only a-z, 0-9,
// underscore and hyphen, begins and ends with a letter or digit, and has at most 63 characters; all else becomes a hyphen: with a dot,
// a layer could have the name of another's metadata, such as agent.toml. A name of which nothing would be left, as of one in another
// script, or too much to fit, has a digest of it at its end.
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
	switch {
	case slug == "" && name != "":
		slug = "sidecar-" + Digest(name)
	case len(slug) > mostSlug:
		slug = strings.TrimRight(slug[:mostSlug-9], "-_") + "-" + Digest(name)
	}
	if slices.Contains(taken, slug) {
		slug = "sidecar-" + slug
	}
	return slug
}

// taken are names of which layers would take the files of the build's own, and launcher, of which the lifecycle's launcher would take the
// process type for what it is itself to run, since it goes by the name that it is called by:
// https://github.com/buildpacks/spec/blob/main/buildpack.md#layers and platform.md#launcher.
var taken = []string{"build", "launch", "launcher", "store", "supervisor"}

// Digest returns eight hexadecimal digits that names which differ hardly ever share.
func Digest(name string) string {
	hash := fnv.New32a()
	hash.Write([]byte(name))
	return strconv.FormatUint(uint64(hash.Sum32())|1<<32, 16)[1:]
}

// PlainName reports whether a variable's name is one that shells and files can carry: letters, digits and underscores, no digit first.
func PlainName(name string) bool {
	for i, r := range name {
		if !(r == '_' || r|0x20 >= 'a' && r|0x20 <= 'z' || i > 0 && r >= '0' && r <= '9') {
			return false
		}
	}
	return name != ""
}
