package sidecar

import (
	"errors"
	"fmt"
	"slices"

	"github.com/paketo-buildpacks/libpak/v2/log"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/show"
)

// redacted returns a declaration as it is shown and handed over: without what may be secret in its URIs.
func redacted(d declare.Declaration) declare.Declaration {
	d.Sidecars = slices.Clone(d.Sidecars)
	for i, s := range d.Sidecars {
		d.Sidecars[i].Dependencies = slices.Clone(s.Dependencies)
		for j, dependency := range s.Dependencies {
			d.Sidecars[i].Dependencies[j].URI = show.URI(dependency.URI)
		}
	}
	return d
}

// restore puts back what was redacted of URIs, from the app's files: the build plan doesn't carry it.
func (g *gathered) restore(app string, logger log.Logger) error {
	var errs []error
	var here gathered
	for _, source := range g.app {
		for _, s := range source.Sidecars {
			for i, dependency := range s.Dependencies {
				if !show.HasSecrets(dependency.URI) {
					continue
				}
				if here.app == nil {
					here = fromApp(app, logger)
				}
				uri := here.uri(source.Origin, s.Name, dependency)
				if uri == "" {
					errs = append(errs, fmt.Errorf("%s: sidecar %q: dependencies: %s: what is behind the ? isn't handed over to the build, "+
						"and an earlier buildpack has removed %s: keep it with BP_INCLUDE_FILES=%s, "+
						"or give the whole URI in a binding of type dependency-mapping",
						source.Origin, s.Name, dependency.URI, source.Origin, source.Origin))
				}
				s.Dependencies[i].URI = uri
			}
		}
	}
	return errors.Join(errs...)
}

// uri returns the whole URI of a dependency of which the rest is known.
func (g gathered) uri(origin, sidecar string, known declare.Dependency) string {
	for _, source := range g.app {
		for _, s := range source.Sidecars {
			for _, d := range s.Dependencies {
				if source.Origin == origin && s.Name == sidecar && d.SHA256 == known.SHA256 && show.URI(d.URI) == known.URI {
					return d.URI
				}
			}
		}
	}
	return ""
}
