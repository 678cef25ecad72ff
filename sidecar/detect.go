// Package sidecar is the buildpack: what it does to take part in a build, and in the build.
package sidecar

import (
	"github.com/buildpacks/libcnb/v2"
	"github.com/paketo-buildpacks/libpak/v2/log"
	"github.com/paketo-buildpacks/libpak/v2/sherpa"

	"github.com/sidecar-buildpack/sidecar/sidecar/declare"
)

// enabledVariable makes the buildpack take part though neither the app nor a binding declares sidecars: another buildpack may.
const enabledVariable = "BP_SIDECAR_ENABLED"

// NewDetect takes part where the app or a binding declares sidecars, or where it is told to. Where nothing does, what to add is said
// to logger, since this is what the user of a --post-buildpack gets to read.
func NewDetect(logger log.Logger) libcnb.DetectFunc {
	return func(ctx libcnb.DetectContext) (libcnb.DetectResult, error) {
		enabled, err := sherpa.ResolveBoolErr(enabledVariable)
		if err != nil {
			return libcnb.DetectResult{}, err
		}
		inApp, left, err := fromApp(ctx.ApplicationPath, logger)
		if err != nil {
			return libcnb.DetectResult{}, err
		}
		bound, err := fromBindings(ctx.Platform.Bindings)
		if err != nil {
			return libcnb.DetectResult{}, err
		}
		all := inApp
		for _, b := range bound {
			all = append(all, b.source)
		}
		if _, err := declare.Merge(all, enabled); err != nil {
			return libcnb.DetectResult{}, err
		}
		if left != "" {
			logger.Titlef("%s: %s", ctx.Buildpack.Info.Name, left)
		}
		if len(all) == 0 && left == "" && !enabled {
			logger.Titlef("%s: %v. Add one of them to the app, or name another file with %s; a %s with sidecar_for and a binding of type %s "+
				"do as well. Set %s=true where another buildpack brings the sidecars",
				ctx.Buildpack.Info.Name, declare.ErrNone, declare.ConfigVariable, declare.Launch, bindingType, enabledVariable)
			return libcnb.DetectResult{}, nil
		}
		return pass(handOver(inApp, left)), nil
	}
}

// pass takes part with metadata for the build, which the build plan carries past buildpacks that replace the app's directory.
func pass(metadata map[string]any) libcnb.DetectResult {
	return libcnb.DetectResult{Pass: true, Plans: []libcnb.BuildPlan{{
		Provides: []libcnb.BuildPlanProvide{{Name: planEntry}},
		Requires: []libcnb.BuildPlanRequire{{Name: planEntry, Metadata: metadata}},
	}}}
}
