package resolve

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// Image is what the buildpacks before this one make of the app.
type Image struct {
	Types   []string // the process types
	Default string   // the one that a container starts with; empty where none is
}

// Assumed returns the image that a declaration speaks of, where there is none to look at: the process types that it names, and web.
func Assumed(d declare.Declaration) Image {
	types := []string{web}
	for _, s := range d.Sidecars {
		types = append(types, s.ProcessTypes...)
	}
	types = slices.DeleteFunc(types, func(t string) bool { return t == declare.EveryType })
	slices.Sort(types)
	return Image{Types: slices.Compact(types), Default: web}
}

// web is the process type that is taken for the default one where none is.
const web = "web"

// For returns the declaration with the process types of the image that each sidecar runs beside, and warnings, one a line. What a shared
// source names and the image doesn't have is left out with a warning. It is an error in any other source, and where nothing is left.
func For(d declare.Declaration, image Image) (declare.Declaration, []string, error) {
	var warnings []string
	var errs []error
	d.Sidecars = slices.Clone(d.Sidecars)
	for i, s := range d.Sidecars {
		there, missing := image.beside(s)
		for _, processType := range missing {
			what := fmt.Sprintf("%s: sidecar %q is for the process type %q, which no buildpack before this one "+
				"defines", s.Origin, s.Name, processType)
			if s.Shared && len(there) > 0 {
				warnings = append(warnings, what+": it is built for "+strings.Join(there, ", "))
				continue
			}
			errs = append(errs, fmt.Errorf("%s; they define %s. "+
				"Name one of those in its process-types, or, where a later buildpack defines it, order this buildpack last", what, image.types()))
		}
		d.Sidecars[i].ProcessTypes = there
	}
	if errs == nil {
		errs = neverBeside(d)
	}
	return d, warnings, errors.Join(errs...)
}

// beside returns the process types that a sidecar runs beside, and those that it names in vain.
func (image Image) beside(s declare.Sidecar) (there, missing []string) {
	named := s.ProcessTypes
	switch {
	case slices.Contains(named, declare.EveryType) && len(image.Types) > 0:
		return image.Types, nil
	case len(named) == 0:
		named = []string{cmp.Or(image.Default, web)}
	}
	for _, processType := range named {
		if slices.Contains(image.Types, processType) {
			there = append(there, processType)
		} else {
			missing = append(missing, processType)
		}
	}
	return there, missing
}

func (image Image) types() string { return cmp.Or(strings.Join(image.Types, ", "), "none at all") }

// neverBeside reports sidecars that depend on one that never runs beside them. Merge finds most of them; it doesn't know the default
// process type.
func neverBeside(d declare.Declaration) (errs []error) {
	types := map[string][]string{}
	for _, s := range d.Sidecars {
		types[s.Name] = s.ProcessTypes
	}
	for _, s := range d.Sidecars {
		for _, name := range slices.Sorted(maps.Keys(s.DependsOn)) {
			if other, ok := types[name]; ok && name != plan.AppName && !slices.ContainsFunc(other, func(t string) bool {
				return slices.Contains(s.ProcessTypes, t)
			}) {
				errs = append(errs, fmt.Errorf("%s: sidecar %q: depends-on.%s never runs beside %s: give both a process type in common in "+
					"process-types",
					s.Origin, s.Name, name, s.Name))
			}
		}
	}
	return errs
}
