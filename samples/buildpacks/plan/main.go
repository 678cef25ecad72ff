// Command main is bin/detect and bin/build of acme/tracing, which brings a sidecar by the build plan: the declaration is in its
// requirement.
package main

import (
	"os"
	"path/filepath"

	"github.com/buildpacks/libcnb/v2"
	"github.com/paketo-buildpacks/libpak/v2"
	"github.com/paketo-buildpacks/libpak/v2/log"
	"github.com/paketo-buildpacks/libpak/v2/sherpa"
)

func main() {
	logger := log.NewPaketoLogger(os.Stdout)
	libpak.BuildpackMain(detect, libpak.ContributableBuildFunc(
		func(ctx libcnb.BuildContext, _ *libcnb.BuildResult) ([]libpak.Contributable, error) {
			return []libpak.Contributable{agent{ctx.Buildpack, logger}}, nil
		}))
}

// detect requires a sidecar of the sidecar buildpack, which comes before this one. The metadata has the keys of a sidecar.toml. What the
// command runs is in a layer that this buildpack makes afterwards, or in the image, or is downloaded: the declaration may have
// dependencies.
func detect(libcnb.DetectContext) (libcnb.DetectResult, error) {
	return libcnb.DetectResult{Pass: true, Plans: []libcnb.BuildPlan{{
		Requires: []libcnb.BuildPlanRequire{{Name: "sidecar", Metadata: map[string]any{
			"sidecars": []map[string]any{{
				"name":    "tracing",
				"command": []string{"/layers/acme_tracing/agent/bin/agent", "--quiet"},
				"memory":  "16M",
			}},
		}}},
	}}}, nil
}

// agent makes the layer with the program.
type agent struct {
	buildpack libcnb.Buildpack
	logger    log.Logger
}

func (a agent) Name() string { return "agent" }

func (a agent) Contribute(layer *libcnb.Layer) error {
	contributor := libpak.NewLayerContributor("Tracing agent",
		map[string]any{"version": a.buildpack.Info.Version}, libcnb.LayerTypes{Launch: true}, a.logger)
	return contributor.Contribute(layer, func(layer *libcnb.Layer) error {
		return sherpa.CopyFileFrom(filepath.Join(a.buildpack.Path, "bin", "agent"), filepath.Join(layer.Path, "bin", "agent"))
	})
}
