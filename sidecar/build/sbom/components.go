// Package sbom tells what a layer is made of, in the forms that vulnerability scanners read.
package sbom

import (
	"debug/buildinfo"
	"os"
	"path"
	"runtime/debug"
	"strings"

	"github.com/package-url/packageurl-go"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/files"
)

// Component is one thing that a layer is made of.
type Component struct {
	Kind    Kind
	Name    string
	Version string // empty where it isn't known
	SHA256  string // empty where it is no file
	PURL    string // https://github.com/package-url/purl-spec; empty for a plain file
}

// Kind says what a Component is.
type Kind int

// The kinds of components.
const (
	Application Kind = iota
	Library
	File
)

// Program describes a program of which nothing is known but where it is from; from may be empty.
func Program(name, version, sha256, from string) Component {
	origin := map[string]string{"checksum": "sha256:" + sha256}
	if from != "" {
		origin["download_url"] = from
	}
	purl := packageurl.NewPackageURL(packageurl.TypeGeneric, "", name, version, packageurl.QualifiersFromMap(origin), "")
	return Component{Application, name, version, sha256, purl.String()}
}

// Go returns the version of the Go program at path, where it knows that, and what it was built of, by its own record: its main
// module, what that depends on, and the standard library. Of every other file there is nothing to tell.
func Go(path string) (version string, modules []Component) {
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return "", nil
	}
	modules = append(modules, module("stdlib", strings.TrimPrefix(info.GoVersion, "go")))
	if info.Main.Path != "" {
		main := module(info.Main.Path, info.Main.Version)
		version, modules = main.Version, append(modules, main)
	}
	for _, m := range info.Deps {
		modules = append(modules, module(replaced(m).Path, replaced(m).Version))
	}
	return version, modules
}

func replaced(m *debug.Module) *debug.Module {
	if m.Replace != nil {
		return m.Replace
	}
	return m
}

func module(name, version string) Component {
	if version == "(devel)" { // what Go calls a version that isn't known
		version = ""
	}
	namespace, last := path.Split(name)
	purl := packageurl.NewPackageURL(packageurl.TypeGolang, strings.TrimSuffix(namespace, "/"), last, version, nil, "")
	return Component{Kind: Library, Name: name, Version: version, PURL: purl.String()}
}

// Describe returns what a bill says of the file at path, which it calls name. Where it is a program, that is called program.
func Describe(path, name, program string) ([]Component, error) {
	digest, err := Digest(path)
	if err != nil {
		return nil, err
	}
	version, modules := Go(path)
	c := Component{Kind: File, Name: name, SHA256: digest}
	if program != "" {
		c = Program(program, version, digest, "")
	}
	return append([]Component{c}, modules...), nil
}

// mostDigested bounds what is read of a file, in bytes: a sparse one may seem to be larger than any disk.
const mostDigested = 4 << 30

// Digest returns a file's SHA-256, as hexadecimal digits; "" where it is too large to be read for that.
func Digest(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || info.Size() > mostDigested {
		return "", err
	}
	return files.Digest(file)
}
