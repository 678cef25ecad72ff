package sidecar

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/paketo-buildpacks/libpak/v2/log"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
)

// gathered holds what all sources declare.
type gathered struct {
	app        []declare.Source
	bound      []boundSource
	buildpacks []declare.Source
	inLayers   layerSources // those of them that layers declare
	skipped    string       // why something that was found isn't taken
	wrong      error        // what is wrong with what was found
}

// sources returns them in the order in which their sidecars are listed.
func (g gathered) sources() []declare.Source {
	all := slices.Clone(g.app)
	for _, b := range g.bound {
		all = append(all, b.Source)
	}
	return append(all, g.buildpacks...)
}

// fromApp reads what the app's files declare. A manifest is skipped where Cloud Foundry runs its sidecars itself.
func fromApp(app string, logger log.Logger) gathered {
	var found gathered
	source, err := declare.Load(app, os.LookupEnv)
	switch {
	case errors.Is(err, declare.ErrLeft):
		found.skipped = err.Error()
	case err == nil:
		found.app = append(found.app, source)
	case !errors.Is(err, declare.ErrNone):
		found.wrong = err
	}
	// Cloud Foundry doesn't read this file where it stages with buildpacks such as this one, so it is never left to it.
	source, err = declare.LoadLaunch(app)
	switch {
	case errors.Is(err, declare.ErrNone):
	case err != nil:
		found.wrong = errors.Join(found.wrong, err)
	case len(source.Sidecars) == 0:
		logger.Debugf("%s is passed over: none of its processes has a sidecar_for", declare.Launch)
	default:
		found.app = append(found.app, source)
	}
	return found
}

// behind returns err, or each of several that it joins, behind the place that they are about.
func behind(place string, err error) error {
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		return fmt.Errorf("%s: %w", place, err)
	}
	var errs []error
	for _, err := range joined.Unwrap() {
		errs = append(errs, fmt.Errorf("%s: %w", place, err))
	}
	return errors.Join(errs...)
}
