// Package sidecar is the buildpack: what it does to take part in a build, and in the build.
package sidecar

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/buildpacks/libcnb/v2"
	"github.com/paketo-buildpacks/libpak/v2/log"
	"github.com/paketo-buildpacks/libpak/v2/sherpa"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
)

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
		for _, text := range append(unknown(os.Environ()), nothing(ctx.ApplicationPath)) {
			logger.Titlef("%s: %s", ctx.Buildpack.Info.Name, text)
		}
		if !inBuilder(ctx.Buildpack) {
			return libcnb.DetectResult{}, nil
		}
		return waitForOthers(), nil
	}
}

// nothing says that nothing was found in the app, and what likely was meant, or else what there could be.
func nothing(app string) string {
	for _, pattern := range []string{"[Ss]idecar*.toml", "[Ss]idecar*.y*ml"} {
		if found, _ := filepath.Glob(filepath.Join(app, pattern)); len(found) > 0 {
			return fmt.Sprintf("%v. There is a %s: call it %s, or name it with %s",
				declare.ErrNone, filepath.Base(found[0]), declare.File, declare.ConfigVariable)
		}
	}
	return fmt.Sprintf("%v. Add one of them, name another file with %s, bring a binding of type %s, "+
		"or set %s=true where another buildpack has them",
		declare.ErrNone, declare.ConfigVariable, bindingType, enabledVariable)
}

// inBuilder reports whether the buildpack lies as the lifecycle has it among others, which may bring sidecars:
// https://github.com/buildpacks/spec/blob/main/platform.md#buildpacks-directory-layout.
func inBuilder(b libcnb.Buildpack) bool {
	id, version := filepath.Split(b.Path)
	return version == b.Info.Version && filepath.Base(id) == strings.ReplaceAll(b.Info.ID, "/", "_")
}
