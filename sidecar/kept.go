package sidecar

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/sidecar-buildpack/sidecar/sidecar/declare"
)

// inLayers gives a sidecar that another buildpack declares with the absolute paths of its programs, which are relative to that buildpack's
// layers directory. What it names there must be in a layer that is in the image.
func inLayers(s declare.Sidecar, dir string) (declare.Sidecar, error) {
	named := slices.Clone(s.Files)
	s = s.WithCommands(func(argv []string) []string {
		program := argv[0]
		if !strings.Contains(program, "/") {
			return argv
		}
		named = append(named, program)
		if filepath.IsAbs(program) {
			return argv
		}
		return append([]string{filepath.Join(dir, program)}, argv[1:]...)
	})
	s.Files = nil
	for _, path := range named {
		relative := path
		if filepath.IsAbs(path) {
			if relative, _ = filepath.Rel(dir, path); !filepath.IsLocal(relative) {
				continue // the image's or the app's
			}
		}
		if err := inImage(dir, relative); err != nil {
			return s, fmt.Errorf("sidecar %q names %q, %w", s.Name, path, err)
		}
	}
	return s, nil
}

// inImage tells why a path in a buildpack's layers directory won't be in the image, if so.
func inImage(dir, path string) error {
	layer, rest, _ := strings.Cut(filepath.Clean(path), "/")
	if !filepath.IsLocal(path) || rest == "" {
		return errors.New("which is in none of this buildpack's layers: write LAYER/PATH, relative to the directory of " + declare.File)
	}
	var metadata struct {
		Launch bool // below Buildpack API 0.6
		Types  struct{ Launch bool }
	}
	file := filepath.Join(dir, layer+".toml")
	_, err := toml.DecodeFile(file, &metadata)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("but there is no layer %s: %s is missing", layer, file)
	case err != nil:
		return fmt.Errorf("but the layer's %s can't be read: %w", file, err)
	case !metadata.Types.Launch && !metadata.Launch:
		return fmt.Errorf("which won't be in the image: write launch = true under [types] in %s", file)
	}
	return nil
}
