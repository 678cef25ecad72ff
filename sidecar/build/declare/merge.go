package declare

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare/document"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// Source is a declaration and where it was found.
type Source struct {
	Declaration
	Origin   string   // what errors call the place
	Warnings []string // what its author should know of it, one a line, beginning with the origin
	AppKeys  []string // those of [app] that it sets

	app    *document.Table // [app], and each of Sidecars: where errors about them are
	tables []*document.Table
}

// Merge puts sources together, in their order, and checks them as a whole. A sidecar's name and a setting of the app must come from one
// source alone; what a process depends on may come from another. If more sources may follow, as before the build, unknown names are
// allowed.
func Merge(sources []Source, more bool) (Declaration, error) {
	merged := Declaration{App: appKeys.defaults()}
	errs := append(checkOrigins(sources), checkSettings(sources)...)
	located := make([]Source, len(sources))
	for i, source := range sources {
		located[i] = source.located()
		if len(source.Env) > 0 {
			merged.Env = source.Env // a manifest's: there is only one
		}
		for _, key := range source.AppKeys {
			take(key, source.App, &merged.App)
		}
		for _, s := range source.Sidecars {
			s.Origin, s.Shared = source.Origin, source.Shared
			merged.Sidecars = append(merged.Sidecars, s)
		}
	}
	checkDependencies(located, more)
	for _, source := range located {
		errs = append(errs, source.app.Err())
	}
	if err := errors.Join(errs...); err != nil {
		return Declaration{}, err
	}
	return merged, nil
}

// located returns the source with tables to report errors to. One that was decoded is written and read again: it has none.
func (s Source) located() Source {
	if s.app == nil {
		p := document.NewProblems(s.Origin, s.Origin)
		doc := document.NewTable(p, document.ReadEncodedTOML([]byte(s.Encode()), p), "")
		read := readSource(doc, s.Origin)
		s.app, s.tables = read.app, read.tables
	}
	return s
}

// take sets what key, one of [app], stands for. What the app depends on is put together, everything else has one source.
func take(key string, from App, into *App) {
	if key == dependsOn && into.DependsOn != nil {
		maps.Copy(into.DependsOn, from.DependsOn)
		return
	}
	appKeys.take(key, from, into)
	if key == dependsOn {
		into.DependsOn = maps.Clone(into.DependsOn)
	}
}

// checkOrigins reports sidecars of two sources that have one name, or one slug.
func checkOrigins(sources []Source) (errs []error) {
	type declared struct{ name, origin string }
	bySlug := map[string]declared{}
	for _, source := range sources {
		for _, s := range source.Sidecars {
			slug := plan.Slug(s.Name)
			first, taken := bySlug[slug]
			switch {
			case !taken:
				bySlug[slug] = declared{s.Name, source.Origin}
			case first.name == s.Name:
				errs = append(errs, fmt.Errorf("sidecar %q is declared in %s and in %s: rename one", s.Name, first.origin, source.Origin))
			default:
				errs = append(errs, fmt.Errorf("sidecar %q in %s and sidecar %q in %s both become %q in file names: rename one",
					first.name, first.origin, s.Name, source.Origin, slug))
			}
		}
	}
	return errs
}

// checkSettings reports keys of [app] that two sources set. What the app depends on is set name by name.
func checkSettings(sources []Source) (errs []error) {
	origins := map[string]string{}
	for _, source := range sources {
		var keys []string
		for _, key := range source.AppKeys {
			if key != dependsOn {
				keys = append(keys, key)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(source.App.DependsOn)) {
			keys = append(keys, dependsOn+"."+document.ShowKey(name))
		}
		for _, key := range keys {
			if first, taken := origins[key]; taken {
				errs = append(errs, fmt.Errorf("app.%s is set in %s and in %s: keep one", key, first, source.Origin))
			} else {
				origins[key] = source.Origin
			}
		}
	}
	return errs
}
