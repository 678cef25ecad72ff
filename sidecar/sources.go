package sidecar

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/buildpacks/libcnb/v2"
	"github.com/paketo-buildpacks/libpak/v2"
	"github.com/paketo-buildpacks/libpak/v2/bindings"
	"github.com/paketo-buildpacks/libpak/v2/log"

	"github.com/sidecar-buildpack/sidecar/sidecar/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/layer"
	"github.com/sidecar-buildpack/sidecar/sidecar/process"
)

// bindingType is the type of bindings that declare sidecars, each under the key declare.File.
const bindingType = "sidecar"

// fromApp gives what the app's files declare. Left says what there is that Cloud Foundry runs itself.
func fromApp(app string, logger log.Logger) (sources []declare.Source, left string, err error) {
	source, err := declare.Load(app, os.LookupEnv)
	switch {
	case errors.Is(err, declare.ErrLeft):
		left = err.Error()
	case err == nil:
		sources = append(sources, source)
	case !errors.Is(err, declare.ErrNone):
		return nil, "", err
	}
	// Cloud Foundry doesn't read this file where it stages with buildpacks such as this one, so it is never left to it.
	source, err = declare.LoadLaunch(app)
	switch {
	case errors.Is(err, declare.ErrNone):
	case err != nil:
		return nil, "", err
	case len(source.Sidecars) == 0:
		logger.Debugf("%s is passed over: none of its processes has a sidecar_for", declare.Launch)
	default:
		sources = append(sources, source)
	}
	return sources, left, nil
}

// bound is a binding and what it declares.
type bound struct {
	binding libcnb.Binding
	source  declare.Source
}

// fromBindings gives the bindings that declare sidecars, in the order of their names.
func fromBindings(all libcnb.Bindings) ([]bound, error) {
	var found []bound
	for _, b := range bindings.Resolve(all, bindings.OfType(bindingType)) {
		origin := fmt.Sprintf("the binding %q", b.Name)
		text, ok := b.Secret[declare.File]
		if !ok {
			return nil, fmt.Errorf("%s is of type %s, but has no key %s: add one that declares its sidecars", origin, bindingType, declare.File)
		}
		source, err := declare.ParseSource([]byte(text), origin)
		if err != nil {
			return nil, err
		}
		found = append(found, bound{b, source})
	}
	slices.SortFunc(found, func(a, b bound) int { return cmp.Compare(a.binding.Name, b.binding.Name) })
	return found, nil
}

// brought is fromBindings with the sidecars as they are run in the image, and what contributes the layers with the files that they bring.
func brought(ctx libcnb.BuildContext, logger log.Logger) (sources []declare.Source, contributors []libpak.Contributable, err error) {
	all, err := fromBindings(ctx.Platform.Bindings)
	if err != nil {
		return nil, nil, err
	}
	for _, b := range all {
		for i, s := range b.source.Sidecars {
			sidecar, contributor, err := layer.NewBound(ctx, b.binding, s, logger)
			if err != nil {
				return nil, nil, fmt.Errorf("%s: %w", b.source.Origin, err)
			}
			b.source.Sidecars[i] = sidecar
			if contributor != nil {
				contributors = append(contributors, contributor)
			}
		}
		sources = append(sources, b.source)
	}
	return sources, contributors, nil
}

// fromBuildpacks gives what the buildpacks before own declare in their directories in layers, ready to run from there.
func fromBuildpacks(layers, own string) ([]declare.Source, error) {
	dirs, err := process.Earlier(layers, own)
	if err != nil {
		return nil, err
	}
	var sources []declare.Source
	for _, dir := range dirs {
		// An ID has no underscores: https://github.com/buildpacks/spec/blob/main/buildpack.md#buildpacktoml-toml.
		origin := "the buildpack " + strings.ReplaceAll(filepath.Base(dir), "_", "/")
		source, err := declare.LoadLayers(dir, origin)
		if errors.Is(err, declare.ErrNone) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for i, s := range source.Sidecars {
			if source.Sidecars[i], err = inLayers(s, dir); err != nil {
				return nil, fmt.Errorf("%s: %w", origin, err)
			}
		}
		sources = append(sources, source)
	}
	return sources, nil
}
