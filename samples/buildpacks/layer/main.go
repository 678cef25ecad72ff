// Command main is bin/detect and bin/build of acme/metrics, which brings a sidecar in a layer: the agent and the sidecar.toml that runs it.
package main

import (
	"os"
	"path/filepath"

	"github.com/buildpacks/libcnb/v2"
	"github.com/paketo-buildpacks/libpak/v2"
	"github.com/paketo-buildpacks/libpak/v2/log"
	"github.com/paketo-buildpacks/libpak/v2/sherpa"
)

// declaration is read by the sidecar buildpack. Its paths are relative to the layer.
const declaration = `[[sidecars]]
name = "metrics"
command = ["bin/agent", "--config", "./agent.conf"]
memory = "16M"
`

func main() {
	logger := log.NewPaketoLogger(os.Stdout)
	libpak.BuildpackMain(detect, libpak.ContributableBuildFunc(
		func(ctx libcnb.BuildContext, _ *libcnb.BuildResult) ([]libpak.Contributable, error) {
			return []libpak.Contributable{agent{ctx.Buildpack, logger}}, nil
		}))
}

// detect tells the sidecar buildpack, which comes behind this one, that a layer brings a sidecar. As it is required here too, this
// buildpack
// takes part without that one as well.
func detect(libcnb.DetectContext) (libcnb.DetectResult, error) {
	return libcnb.DetectResult{Pass: true, Plans: []libcnb.BuildPlan{{
		Provides: []libcnb.BuildPlanProvide{{Name: "sidecar-layer"}},
		Requires: []libcnb.BuildPlanRequire{{Name: "sidecar-layer"}},
	}}}, nil
}

// agent makes the layer. A rebuild reuses it.
type agent struct {
	buildpack libcnb.Buildpack
	logger    log.Logger
}

func (a agent) Name() string { return "agent" }

func (a agent) Contribute(layer *libcnb.Layer) error {
	contributor := libpak.NewLayerContributor("Metrics agent",
		map[string]any{"version": a.buildpack.Info.Version}, libcnb.LayerTypes{Launch: true}, a.logger)
	return contributor.Contribute(layer, func(layer *libcnb.Layer) error {
		program := filepath.Join(layer.Path, "bin", "agent")
		if err := sherpa.CopyFileFrom(filepath.Join(a.buildpack.Path, "bin", "agent"), program); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(layer.Path, "agent.conf"), nil, 0o644); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(layer.Path, "sidecar.toml"), []byte(declaration), 0o644)
	})
}
