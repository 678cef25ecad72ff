package layer

import (
	"io/fs"
	"path/filepath"

	"github.com/buildpacks/libcnb/v2"

	"github.com/sidecar-buildpack/sidecar/sidecar/sbom"
)

// describe writes the bills of materials of a sidecar's layer, whose files are those in dir. Executable is the path of the
// command's own file there, if that has it.
func describe(layer libcnb.Layer, name, dir, executable string) error {
	var components []sbom.Component
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		relative, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		digest, err := sbom.Digest(path)
		if err != nil {
			return err
		}
		version, modules := sbom.Go(path)
		c := sbom.Component{Kind: sbom.File, Name: relative, SHA256: digest}
		if relative == executable {
			c = sbom.Program(name, version, digest, "")
		}
		components = append(append(components, c), modules...)
		return nil
	})
	if err != nil {
		return err
	}
	return sbom.Write(layer, name, components)
}
