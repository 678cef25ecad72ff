package declare

import (
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare/document"
)

// Dependency is a file to download at build: a program, or an archive that has it.
type Dependency struct {
	URI     string `toml:"uri"`            // http, https or file
	SHA256  string `toml:"sha256"`         // of the file at URI, in lower case
	Arch    string `toml:"arch,omitempty"` // amd64 or arm64; empty: whatever the image's is
	Version string `toml:"version,omitempty"`
}

// File returns the file's own name, which the URI's path ends with.
func (d Dependency) File() string {
	uri, err := url.Parse(d.URI)
	if err != nil {
		return ""
	}
	return path.Base(uri.Path)
}

var sha256Text = regexp.MustCompile(`^[0-9a-f]{64}$`)

// checkDownload reports what can't be downloaded, and puts the sum into lower case.
func checkDownload(t *document.Table, d *Dependency) {
	uri, err := url.Parse(d.URI)
	switch {
	case err != nil || !downloadable(uri):
		t.Refuse("uri", "write where a file is, by http, https or file, such as https://example.org/agent.tgz")
	case uri.User != nil:
		t.Reportf("uri",
			"%s has a user or a password, which anyone could read in the image: give the whole URI in a binding of type dependency-mapping",
			t.Path("uri"))
	}
	if d.SHA256 = strings.ToLower(d.SHA256); !sha256Text.MatchString(d.SHA256) {
		t.Refuse("sha256", "write the 64 hexadecimal digits that sha256sum shows for the file")
	}
}

// downloadable reports whether a file can be fetched from uri, and called what it is called there.
func downloadable(uri *url.URL) bool {
	if !slices.Contains([]string{"http", "https", "file"}, uri.Scheme) || (uri.Scheme == "file") != (uri.Host == "") {
		return false
	}
	file := path.Base(uri.Path)
	return strings.HasPrefix(uri.Path, "/") && !strings.HasSuffix(uri.Path, "/") && file != "." && file != ".."
}
