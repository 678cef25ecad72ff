package sidecar

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/buildpacks/libcnb/v2"
	"github.com/paketo-buildpacks/libpak/v2/bindings"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/layer"
)

// bindingType is the type of bindings that declare sidecars, each under the key declare.File.
const bindingType = "sidecar"

// boundSource is what a binding declares.
type boundSource struct {
	declare.Source
	binding libcnb.Binding
}

// fromBindings reads the bindings that declare sidecars, in the order of their names.
func fromBindings(all libcnb.Bindings) ([]boundSource, error) {
	var found []boundSource
	var errs []error
	is := bindings.OfType(bindingType)
	for _, b := range all {
		origin := fmt.Sprintf("the binding %q", b.Name)
		text, ok := b.Secret[declare.File]
		if !is(b) {
			if ok {
				errs = append(errs, fmt.Errorf("%s has a %s, but is of type %q: give it the type %s",
					origin, declare.File, b.Type, bindingType))
			}
			continue
		}
		if !ok {
			errs = append(errs, fmt.Errorf("%s is of type %s, but has no key %s: add one that declares its sidecars",
				origin, bindingType, declare.File))
			continue
		}
		source, err := declare.ParseSource([]byte(text), origin)
		if err != nil {
			errs = append(errs, err)
		}
		source.Shared = true
		found = append(found, boundSource{source, b})
	}
	slices.SortStableFunc(found, func(a, b boundSource) int { return cmp.Compare(a.binding.Name, b.binding.Name) })
	return found, errors.Join(errs...)
}

// resolveBindings returns the bindings' sidecars with the paths that their files will have in the image, and adds what contributes
// these files, and the names of those whose files aren't there.
func (b builder) resolveBindings(w *work, all []boundSource) ([]boundSource, error) {
	var errs []error
	for _, source := range all {
		for i, s := range source.Sidecars {
			sidecar, contributor, err := layer.NewBound(b.BuildContext, source.binding, s, b.log)
			if err != nil {
				errs = append(errs, behind(source.Origin, err))
				w.incomplete = append(w.incomplete, s.Name)
				continue
			}
			source.Sidecars[i] = sidecar
			if contributor != nil {
				w.bound = append(w.bound, contributor)
			}
		}
	}
	return all, errors.Join(errs...)
}
