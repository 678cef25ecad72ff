package declare

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Source is a declaration and where it was found.
type Source struct {
	Declaration
	Origin   string   // what errors call the place
	Warnings []string // what its author should know of it, one a line, beginning with the origin
	AppKeys  []string // those of [app] that it sets
}

// Merge puts together what several sources declare, in their order, and checks it as a whole: a sidecar's name and a setting of the app
// must come from one source alone; what a process depends on may come from another. Where there may be more sources, as sources
// are before the build, it can't be known whether all names are there, and isn't checked.
func Merge(sources []Source, more bool) (Declaration, error) {
	merged := Declaration{App: App{Logs: "raw"}}
	errs := append(checkOrigins(sources), checkSettings(sources)...)
	var parts []part
	for _, source := range sources {
		parts = append(parts, part{source.Declaration, &problems{origin: source.Origin}})
		if len(source.Env) > 0 {
			merged.Env = source.Env // a manifest's: there is only one
		}
		for _, key := range source.AppKeys {
			merged.App.take(key, source.App)
		}
		for _, s := range source.Sidecars {
			s.Origin = source.Origin
			merged.Sidecars = append(merged.Sidecars, s)
		}
	}
	checkDependencies(parts, more)
	for _, part := range parts {
		errs = append(errs, part.problems.err())
	}
	if err := errors.Join(errs...); err != nil {
		return Declaration{}, err
	}
	return merged, nil
}

// take sets what key, one of [app], stands for as it is in other.
func (a *App) take(key string, other App) {
	switch key {
	case "depends-on":
		if a.DependsOn == nil {
			a.DependsOn = map[string]string{}
		}
		maps.Copy(a.DependsOn, other.DependsOn)
	case "stop-grace-period-seconds":
		a.StopGracePeriodSeconds = other.StopGracePeriodSeconds
	case "logs":
		a.Logs = other.Logs
	case "startup-probe":
		a.StartupProbe = other.StartupProbe
	case "readiness-probe":
		a.ReadinessProbe = other.ReadinessProbe
	case "liveness-probe":
		a.LivenessProbe = other.LivenessProbe
	}
}

// checkOrigins reports names of sidecars, and what becomes of them in file names, that two sources have.
func checkOrigins(sources []Source) (errs []error) {
	type declared struct{ name, origin string }
	bySlug := map[string]declared{}
	for _, source := range sources {
		for _, s := range source.Sidecars {
			slug := Slug(s.Name)
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
			if key != "depends-on" {
				keys = append(keys, key)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(source.App.DependsOn)) {
			keys = append(keys, "depends-on."+showKey(name))
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
