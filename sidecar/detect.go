// Package sidecar is the buildpack: what it does to take part in a build, and in the build.
package sidecar

import (
	"errors"
	"path/filepath"
	"strings"

	"github.com/buildpacks/libcnb/v2"
	"github.com/paketo-buildpacks/libpak/v2/log"
	"github.com/paketo-buildpacks/libpak/v2/sherpa"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
)

// enabledVariable makes the buildpack take part though neither the app nor a binding declares sidecars: another buildpack may.
const enabledVariable = "BP_SIDECAR_ENABLED"

// NewDetect takes part where the app or a binding declares sidecars, where it is told to, or where another buildpack brings some. What
// to add where nothing does is said to logger, since this is what the user of a --post-buildpack gets to read. What is wrong is the
// build's to say: a builder shows what a detect writes once for each of its groups.
func NewDetect(logger log.Logger) libcnb.DetectFunc {
	return func(ctx libcnb.DetectContext) (libcnb.DetectResult, error) {
		enabled, enabledErr := sherpa.ResolveBoolErr(enabledVariable)
		found := fromApp(ctx.ApplicationPath, logger)
		bound, boundErr := fromBindings(ctx.Platform.Bindings)
		found.bound = bound
		found.wrong = errors.Join(enabledErr, found.wrong, boundErr)
		if found.skipped != "" {
			logger.Titlef("%s: %s", ctx.Buildpack.Info.Name, found.skipped)
		}
		if len(found.sources()) > 0 || found.skipped != "" || found.wrong != nil || enabled {
			return takePart(found), nil
		}
		logger.Titlef("%s: %v. Add one of them to the app, or name another file with %s; a %s with sidecar_for and a binding of type %s "+
			"do as well. Set %s=true where another buildpack brings the sidecars",
			ctx.Buildpack.Info.Name, declare.ErrNone, declare.ConfigVariable, declare.Launch, bindingType, enabledVariable)
		if !inBuilder(ctx.Buildpack) {
			return libcnb.DetectResult{}, nil
		}
		return waitForOthers(), nil
	}
}

// inBuilder reports whether the buildpack lies as the lifecycle has it among others, which may bring sidecars:
// https://github.com/buildpacks/spec/blob/main/platform.md#buildpacks-directory-layout.
func inBuilder(b libcnb.Buildpack) bool {
	id, version := filepath.Split(b.Path)
	return version == b.Info.Version && filepath.Base(id) == strings.ReplaceAll(b.Info.ID, "/", "_")
}
