package sidecar

import (
	"path/filepath"
	"slices"

	"github.com/buildpacks/libcnb/v2"
	"github.com/paketo-buildpacks/libpak/v2"
	"github.com/paketo-buildpacks/libpak/v2/log"

	"github.com/sidecar-buildpack/sidecar/sidecar/declare"
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
		sources, left, err := handedOver(ctx.Plan)
		if err != nil {
			return libcnb.BuildResult{}, err
		}
		if err := report.configuration(ctx.Buildpack.Metadata); err != nil {
			return libcnb.BuildResult{}, err
		}
		bound, files, err := brought(ctx, logger)
		if err != nil {
			return libcnb.BuildResult{}, err
		}
		layers, own := filepath.Dir(ctx.Layers.Path), filepath.Base(ctx.Layers.Path)
		others, err := fromBuildpacks(layers, own)
		if err != nil {
			return libcnb.BuildResult{}, err
		}
		sources = slices.Concat(sources, bound, others)
		report.sources(sources, left)
		declaration, err := declare.Merge(sources, false)
		if err != nil || len(declaration.Sidecars) == 0 {
			return libcnb.BuildResult{}, err
		}

		result := libcnb.BuildResult{Labels: []libcnb.Label{{Key: declarationLabel, Value: declaration.Encode()}}}
		downloads, err := layer.NewDownloads(ctx, declaration.Sidecars, logger)
		if err != nil {
			return libcnb.BuildResult{}, err
		}
		if err := contribute(ctx.Layers, &result, downloads); err != nil {
			return libcnb.BuildResult{}, err
		}
		declaration.Sidecars = layer.Settle(declaration.Sidecars, downloads)

		earlier, err := process.Read(layers, own)
		if err != nil {
			return libcnb.BuildResult{}, err
		}
		plans, err := plansFor(declaration, earlier, ctx.ApplicationPath)
		if err != nil {
			return libcnb.BuildResult{}, err
		}
		processes, err := processesFor(plans, earlier, ctx.Layers.Path)
		if err != nil {
			return libcnb.BuildResult{}, err
		}
		contributors, err := layer.NewSidecars(ctx.ApplicationPath, own, layer.Target(ctx), declaration.Sidecars, logger)
		if err != nil {
			return libcnb.BuildResult{}, err
		}
		contributors = append(contributors, files...)
		contributors = append(contributors, layer.Supervisor{
			Buildpack: ctx.Buildpack.Path,
			Plans:     plans,
			Scripts:   scripts(plans, earlier, ctx.ApplicationPath),
			Env:       declaration.Env,
			Logger:    logger,
		})
		result.Processes = processes
		if err := contribute(ctx.Layers, &result, contributors); err != nil {
			return libcnb.BuildResult{}, err
		}
		report.processes(processes, earlier, plans)
		report.memory(plans)
		return result, nil
	}
}

func contribute[C libpak.Contributable](layers libcnb.Layers, result *libcnb.BuildResult, contributors []C) error {
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
