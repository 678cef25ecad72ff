// Package sbom tells what a layer is made of, in the forms that vulnerability scanners read.
package sbom

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"io"
	"os"
	"path"
	"runtime/debug"
	"strings"

	"github.com/package-url/packageurl-go"
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

// Go gives the version of the Go program at path, where it knows that, and what it was built of, by its own record: its main
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

// Digest gives a file's SHA-256, as hexadecimal digits.
func Digest(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
