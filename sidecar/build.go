package sidecar

import (
	"fmt"
	"path/filepath"

	"github.com/buildpacks/libcnb/v2"
	"github.com/paketo-buildpacks/libpak/v2"
	"github.com/paketo-buildpacks/libpak/v2/log"

	"github.com/sidecar-buildpack/sidecar/sidecar/layer"
	"github.com/sidecar-buildpack/sidecar/sidecar/process"
)

// declarationLabel is the image's label that holds the declaration, encoded, for whoever has only the image.
const declarationLabel = "io.sidecar-buildpack.declaration"

// NewBuild packages the declared sidecars and puts the supervisor in front of the process types that have some.
func NewBuild(logger log.Logger) libcnb.BuildFunc {
	return func(ctx libcnb.BuildContext) (libcnb.BuildResult, error) {
		report := report{logger}
		report.title(ctx.Buildpack.Info)
		source, left, err := handedOver(ctx.Plan)
		if err != nil || left != "" {
			report.left(left)
			return libcnb.BuildResult{}, err
		}
		if err := report.configuration(ctx.Buildpack.Metadata); err != nil {
			return libcnb.BuildResult{}, err
		}
		report.declaration(source)

		layers, own := filepath.Dir(ctx.Layers.Path), filepath.Base(ctx.Layers.Path)
		earlier, err := process.Read(layers, own)
		if err != nil {
			return libcnb.BuildResult{}, err
		}
		plans, err := plansFor(source, earlier, ctx.ApplicationPath)
		if err != nil {
			return libcnb.BuildResult{}, err
		}
		processes, err := processesFor(plans, earlier, ctx.Layers.Path)
		if err != nil {
			return libcnb.BuildResult{}, err
		}
		contributors, err := layer.NewSidecars(ctx.ApplicationPath, layers, source.Sidecars, logger)
		if err != nil {
			return libcnb.BuildResult{}, fmt.Errorf("%s: %w", source.Origin, err)
		}
		contributors = append(contributors, layer.Supervisor{
			Buildpack: ctx.Buildpack.Path,
			Plans:     plans,
			Scripts:   scripts(plans, earlier, ctx.ApplicationPath),
			Env:       source.Env,
			Logger:    logger,
		})
		result := libcnb.BuildResult{
			Labels:    []libcnb.Label{{Key: declarationLabel, Value: source.Encode()}},
			Processes: processes,
		}
		if err := contribute(ctx.Layers, &result, contributors); err != nil {
			return libcnb.BuildResult{}, err
		}
		report.processes(processes, earlier, plans)
		report.memory(plans)
		return result, nil
	}
}

func contribute(layers libcnb.Layers, result *libcnb.BuildResult, contributors []libpak.Contributable) error {
	for _, c := range contributors {
		layer, err := layers.Layer(c.Name())
		if err != nil {
			return err
		}
		if err := c.Contribute(&layer); err != nil {
			return err
		}
		result.Layers = append(result.Layers, layer)
	}
	return nil
}
