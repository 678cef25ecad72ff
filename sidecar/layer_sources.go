package sidecar

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/buildpacks/libcnb/v2"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/layer"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/reference"
)

// layerSources are the declarations that were read in other buildpacks' layers, encoded, by the layers' paths. They are kept in the
// metadata of the supervisor's layer: where the lifecycle reuses a layer of the image before, it is the same as when it was read.
type layerSources map[string]string

// knownSources returns what the last build has kept.
func knownSources(layers libcnb.Layers) (layerSources, error) {
	supervisor, err := layers.Layer(layer.Supervisor{}.Name())
	if err != nil {
		return nil, err
	}
	known := layerSources{}
	kept, _ := supervisor.Metadata[layer.SourcesKey].(map[string]any)
	for path, text := range kept {
		known[path] = fmt.Sprint(text)
	}
	return known, nil
}

// read reads what the layers in dir, a buildpack's layers directory, declare, and keeps it.
func (known layerSources) read(dir, origin string) (sources []declare.Source, err error) {
	metadata, err := filepath.Glob(filepath.Join(dir, "*.toml"))
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, file := range metadata {
		if launch, err := isLaunch(file); err != nil || !launch {
			continue // no layer, or none of the image
		}
		path := strings.TrimSuffix(file, ".toml")
		source, err := known.readLayer(path, origin)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		sources = append(sources, source)
	}
	return sources, errors.Join(errs...)
}

// readLayer reads what one layer declares.
func (known layerSources) readLayer(path, origin string) (source declare.Source, err error) {
	if entries, err := os.ReadDir(path); err != nil || len(entries) == 0 { // it is reused
		text, ok := known[path]
		if !ok {
			return source, nil
		}
		declaration, err := declare.Decode(text, origin)
		return declare.Source{Declaration: declaration, Origin: origin}, err
	}
	delete(known, path)
	source, err = readIn(path, origin, inLayer)
	if errors.Is(err, declare.ErrNone) {
		return source, nil
	}
	if err != nil {
		return source, err
	}
	source.Shared = true
	known[path] = source.Encode()
	return source, nil
}

// inLayer returns a sidecar that a layer declares with absolute paths for the files of the layer that its commands name.
func inLayer(s declare.Sidecar, path string) (declare.Sidecar, error) {
	var errs []error
	has := func(file string) bool {
		_, err := os.Stat(filepath.Join(path, file))
		return filepath.IsLocal(file) && err == nil
	}
	if program := s.Command[0]; strings.Contains(program, "/") && !filepath.IsAbs(program) && len(s.Dependencies) == 0 && !has(program) {
		errs = append(errs, fmt.Errorf("sidecar %q names %q, which its layer doesn't have: write a path relative to %s", s.Name, program, path))
	}
	s.Files = nil // what is in a layer is packaged already
	return s.WithCommands(func(argv []string) []string {
		return reference.Rewrite(argv, func(f reference.File) string {
			if !strings.Contains(f.Path, "/") || !has(f.Path) {
				return ""
			}
			return filepath.Join(path, f.Path)
		})
	}), errors.Join(errs...)
}
