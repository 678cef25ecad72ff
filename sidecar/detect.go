// Package sidecar is the buildpack: what it does to take part in a build, and in the build.
package sidecar

import (
	"errors"
	"os"

	"github.com/buildpacks/libcnb/v2"
	"github.com/paketo-buildpacks/libpak/v2/log"

	"github.com/sidecar-buildpack/sidecar/sidecar/declare"
)

// NewDetect takes part where the app declares sidecars. Where it doesn't, what to add is said to logger, since this
// is what the user of a --post-buildpack gets to read.
func NewDetect(logger log.Logger) libcnb.DetectFunc {
	return func(ctx libcnb.DetectContext) (libcnb.DetectResult, error) {
		source, err := declare.Load(ctx.ApplicationPath, os.LookupEnv)
		switch {
		case errors.Is(err, declare.ErrNone):
			logger.Titlef("%s: %v. Add one of them to the app, or name another file with %s", ctx.Buildpack.Info.Name, err, declare.ConfigVariable)
			return libcnb.DetectResult{}, nil
		case errors.Is(err, declare.ErrLeft):
			logger.Titlef("%s: %v", ctx.Buildpack.Info.Name, err)
			return pass(nothing(err)), nil
		case err != nil:
			return libcnb.DetectResult{}, err
		}
		return pass(found(source)), nil
	}
}

// pass takes part with metadata for the build, which the build plan carries past buildpacks that replace the app's directory.
func pass(metadata map[string]any) libcnb.DetectResult {
	return libcnb.DetectResult{Pass: true, Plans: []libcnb.BuildPlan{{
		Provides: []libcnb.BuildPlanProvide{{Name: planEntry}},
		Requires: []libcnb.BuildPlanRequire{{Name: planEntry, Metadata: metadata}},
	}}}
}
