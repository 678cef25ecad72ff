package declare_test

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
)

func TestParseReadsDependencies(t *testing.T) {
	digest := strings.Repeat("0a", 32)
	d, err := declare.Parse([]byte(minimal+`
[[sidecars.dependencies]]
uri = "https://example.org/v1/agent-linux-amd64.tar.gz?raw=1"
sha256 = "`+strings.ToUpper(digest)+`"
arch = "amd64"
version = "1.2"

[[sidecars.dependencies]]
uri = "file:///binding/plug%20in"
sha256 = "`+digest+`"
`), "sidecar.toml")
	expect := NewWithT(t).Expect
	expect(err).NotTo(HaveOccurred())
	all := d.Sidecars[0].Dependencies
	expect(all).To(Equal([]declare.Dependency{
		{URI: "https://example.org/v1/agent-linux-amd64.tar.gz?raw=1", SHA256: digest, Arch: "amd64", Version: "1.2"},
		{URI: "file:///binding/plug%20in", SHA256: digest},
	}))
	expect(all[0].File()).To(Equal("agent-linux-amd64.tar.gz"))
	expect(all[1].File()).To(Equal("plug in"))
}

func TestParseSaysWhatIsWrongWithDependencies(t *testing.T) {
	digest := "\nsha256 = '" + strings.Repeat("0a", 32) + "'\n"
	where := "sidecar.toml: sidecar \"config-server\": dependencies[0]."
	const digits = "write the 64 hexadecimal digits that sha256sum shows for the file"
	const uri = `: write where a file is, by http, https or file, such as https://example.org/agent.tgz`
	for text, want := range map[string]string{
		"uri = 'https://example.org/a'":                  where + "sha256 is missing: " + digits,
		"uri = 'https://example.org/a'\nsha256 = '0a'":   where + `sha256 is "0a": ` + digits,
		"uri = 'https://example.org/a'\narch = 'x86_64'": where + `arch is "x86_64": write "amd64" or "arm64"`,
		"uri = 'https://example.org/a'\narch = ''":       where + `arch is "": write "amd64" or "arm64"`,
		"uri = 'https://example.org/a'\narhc = ''": "sidecar.toml: sidecar \"config-server\": unknown key dependencies[0].arhc: " +
			"did you mean arch?",
		"uri = 'https://me:pw@example.org/a'": where + "uri has a user or a password, which anyone could read in the image: " +
			"give the whole URI in a binding of type dependency-mapping",
		"":                                 where + "uri is missing" + uri,
		"uri = 'ftp://example.org/a'":      where + `uri is "ftp://example.org/a"` + uri,
		"uri = 'https://example.org/'":     where + `uri is "https://example.org/"` + uri,
		"uri = 'https://example.org'":      where + `uri is "https://example.org"` + uri,
		"uri = 'https://example.org/a/..'": where + `uri is "https://example.org/a/.."` + uri,
		"uri = 'https:///a'":               where + `uri is "https:///a"` + uri,
		"uri = 'agent'":                    where + `uri is "agent"` + uri,
	} {
		if !strings.Contains(text, "sha256") && !strings.Contains(want, "sha256") {
			text += digest
		}
		_, err := declare.Parse([]byte(minimal+"[[sidecars.dependencies]]\n"+text), "sidecar.toml")
		NewWithT(t).Expect(told(err)).To(Equal([]string{want}), text)
	}
}
