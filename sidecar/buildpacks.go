package sidecar

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/process"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/reference"
)

// fromBuildpacks reads what the buildpacks before own declare in their directories in layers, ready to run from there: in a sidecar.toml
// beside their launch.toml, and in one of any layer that is in the image. Known is what former builds have read in layers that the
// lifecycle reuses, which aren't there to see. What is read in layers is added to it.
func fromBuildpacks(layers, own string, known layerSources) ([]declare.Source, error) {
	dirs, err := process.Earlier(layers, own)
	if err != nil {
		return nil, err
	}
	var sources []declare.Source
	var errs []error
	for _, dir := range dirs {
		// An ID has no underscores: https://github.com/buildpacks/spec/blob/main/buildpack.md#buildpacktoml-toml.
		origin := "the buildpack " + strings.ReplaceAll(filepath.Base(dir), "_", "/")
		source, err := besideLaunch(dir, origin)
		errs = append(errs, err)
		inLayers, err := known.read(dir, origin)
		errs = append(errs, err)
		for _, s := range append([]declare.Source{source}, inLayers...) {
			if len(s.Sidecars) > 0 {
				sources = append(sources, s)
			}
		}
	}
	return sources, errors.Join(errs...)
}

// besideLaunch reads what a buildpack declares beside its launch.toml.
func besideLaunch(dir, origin string) (declare.Source, error) {
	source, err := readIn(dir, origin, inLayers)
	if errors.Is(err, declare.ErrNone) {
		return source, nil
	}
	return source, err
}

// readIn reads what a directory of an earlier buildpack declares, with each sidecar as move returns it for the image. Where it declares
// nothing the error is declare.ErrNone.
func readIn(dir, origin string, move func(s declare.Sidecar, dir string) (declare.Sidecar, error)) (declare.Source, error) {
	source, err := declare.LoadLayers(dir, origin)
	if err != nil {
		return source, err
	}
	var errs []error
	for i, s := range source.Sidecars {
		if source.Sidecars[i], err = move(s, dir); err != nil {
			errs = append(errs, behind(origin, err))
		}
	}
	return source, errors.Join(errs...)
}

// inLayers returns a sidecar that another buildpack declares with absolute paths for the files that its commands name relative to dir, that
// buildpack's layers directory. What it names there must be in a layer that is in the image.
func inLayers(s declare.Sidecar, dir string) (declare.Sidecar, error) {
	var errs []error
	require := func(path string) {
		relative := path
		if filepath.IsAbs(path) {
			if relative, _ = filepath.Rel(dir, path); !filepath.IsLocal(relative) {
				return // the image's or the app's
			}
		}
		if err := inImage(dir, relative); err != nil {
			errs = append(errs, fmt.Errorf("sidecar %q names %q, %w", s.Name, path, err))
		}
	}
	for _, path := range s.Files {
		require(path)
	}
	s.Files = nil
	s = s.WithCommands(func(argv []string) []string {
		if strings.Contains(argv[0], "/") {
			require(argv[0])
		}
		return reference.Rewrite(argv, func(f reference.File) string {
			if !strings.Contains(f.Path, "/") || filepath.IsAbs(f.Path) || inImage(dir, f.Path) != nil {
				return ""
			}
			return filepath.Join(dir, f.Path)
		})
	})
	return s, errors.Join(errs...)
}

// inImage returns why a path in a buildpack's layers directory won't be in the image, if so.
func inImage(dir, path string) error {
	layer, rest, _ := strings.Cut(filepath.Clean(path), "/")
	if !filepath.IsLocal(path) || rest == "" {
		return errors.New("which is in none of this buildpack's layers: write LAYER/PATH, relative to the directory of " + declare.File)
	}
	file := filepath.Join(dir, layer+".toml")
	launch, err := isLaunch(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("but there is no layer %s: %s is missing", layer, file)
	case err != nil:
		return fmt.Errorf("but the layer's %s can't be read: %w", file, err)
	case !launch:
		return fmt.Errorf("which won't be in the image: write launch = true under [types] in %s", file)
	}
	return nil
}

// isLaunch reports whether the layer that a file is the metadata of is in the image.
func isLaunch(file string) (bool, error) {
	var metadata struct {
		Launch bool // below Buildpack API 0.6
		Types  struct{ Launch bool }
	}
	_, err := toml.DecodeFile(file, &metadata)
	return metadata.Launch || metadata.Types.Launch, err
}
