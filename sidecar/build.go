package sidecar

import (
	"errors"
	"path/filepath"
	"slices"

	"github.com/buildpacks/libcnb/v2"
	"github.com/paketo-buildpacks/libpak/v2"
	"github.com/paketo-buildpacks/libpak/v2/log"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/layer"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/process"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/resolve"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// declarationLabel is the image's label that holds the declaration, encoded, for whoever has only the image.
const declarationLabel = "io.sidecar-buildpack.declaration"

// NewBuild packages the declared sidecars and puts the supervisor in front of the process types that have some. Nothing is downloaded
// before everything is checked.
func NewBuild(logger log.Logger) libcnb.BuildFunc {
	return func(ctx libcnb.BuildContext) (libcnb.BuildResult, error) {
		b := builder{BuildContext: ctx, log: report{logger}}
		b.log.title(ctx.Buildpack.Info)
		sources, err := b.gather()
		if err != nil {
			return libcnb.BuildResult{}, err
		}
		work, err := b.check(sources)
		if err != nil || len(work.declaration.Sidecars) == 0 {
			return libcnb.BuildResult{}, err
		}
		result, err := b.contribute(&work)
		if err != nil {
			return libcnb.BuildResult{}, err
		}
		b.log.slices(work.slices)
		b.log.processes(result.Processes, work.earlier, work.plans)
		b.log.memory(work.plans)
		return result, nil
	}
}

// builder is one build.
type builder struct {
	libcnb.BuildContext
	log report
}

// layers returns the directory that holds every buildpack's layers, and the name of this one's there.
func (b builder) layers() (layers, own string) { return filepath.Split(filepath.Clean(b.Layers.Path)) }

// work holds what is declared, and what becomes of it in the image.
type work struct {
	label       string // the declaration, encoded
	declaration declare.Declaration
	earlier     []process.Process // as earlier buildpacks define them
	bound       []libpak.Contributable
	incomplete  []string // sidecars of bindings whose files aren't there, which was said
	downloads   []*layer.Download
	slices      []layer.Slice
	plans       []plan.Plan
	inLayers    layerSources
}

// gather reads what all sources declare, and says what was found where.
func (b builder) gather() (gathered, error) {
	all, err := handedOver(b.Plan)
	if err != nil {
		return gathered{}, err
	}
	if err := all.restore(b.ApplicationPath, b.log); err != nil {
		return gathered{}, err
	}
	if err := b.log.configuration(b.Buildpack.Metadata); err != nil {
		return gathered{}, err
	}
	bound, boundErr := fromBindings(b.Platform.Bindings)
	known, err := knownSources(b.Layers)
	if err != nil {
		return gathered{}, err
	}
	layers, own := b.layers()
	earlier, earlierErr := fromBuildpacks(layers, own, known)
	if err := errors.Join(boundErr, earlierErr); err != nil {
		return gathered{}, err
	}
	all.bound, all.buildpacks, all.inLayers = bound, append(all.buildpacks, earlier...), known
	b.log.sources(all.sources(), all.skipped, b.Platform.Bindings)
	return all, nil
}

// check finds all that is wrong with what was declared, as far as it shows before anything is downloaded.
func (b builder) check(all gathered) (w work, err error) {
	bound, boundErr := b.resolveBindings(&w, all.bound)
	all.bound, w.inLayers = bound, all.inLayers
	if w.declaration, err = declare.Merge(all.sources(), false); err != nil {
		return w, errors.Join(boundErr, err)
	}
	if len(w.declaration.Sidecars) == 0 {
		return w, boundErr
	}
	layers, own := b.layers()
	if w.earlier, err = process.Read(layers, own); err != nil {
		return w, errors.Join(boundErr, err)
	}
	typesErr := b.resolveTypes(&w)
	var downloadErr error
	w.downloads, downloadErr = layer.NewDownloads(b.BuildContext, w.declaration.Sidecars, b.log)
	slicesErr := b.slice(&w, func(s declare.Sidecar) bool {
		return len(s.Dependencies) == 0 && !slices.Contains(w.incomplete, s.Name)
	})
	return w, errors.Join(boundErr, typesErr, downloadErr, slicesErr)
}

// resolveTypes finds the process types that each sidecar runs beside, and whether these can be put behind a supervisor.
func (b builder) resolveTypes(w *work) error {
	declaration, warnings, err := resolve.For(w.declaration, imageOf(w.earlier))
	w.declaration, w.label = declaration, redacted(declaration).Encode()
	for _, warning := range warnings {
		layer.Warn(b.log, warning)
	}
	return errors.Join(err, checkTypes(declaration, w.earlier))
}

// slice finds those sidecars' files in the app.
func (b builder) slice(w *work, these func(declare.Sidecar) bool) error {
	var sidecars []declare.Sidecar
	for _, s := range w.declaration.Sidecars {
		if these(s) {
			sidecars = append(sidecars, s)
		}
	}
	_, own := b.layers()
	found, warnings, err := layer.NewSlices(b.ApplicationPath, own, layer.Target(b.BuildContext), sidecars)
	for _, warning := range warnings {
		layer.Warn(b.log, warning)
	}
	w.slices = append(w.slices, found...)
	return err
}

// contribute makes the layers and slices, and what the image says of them.
func (b builder) contribute(w *work) (result libcnb.BuildResult, err error) {
	result.Labels = []libcnb.Label{{Key: declarationLabel, Value: w.label}}
	if err := contribute(b.Layers, &result, w.downloads); err != nil {
		return result, err
	}
	if err := b.resolveDownloads(w); err != nil {
		return result, err
	}
	if err := contribute(b.Layers, &result, w.bound); err != nil {
		return result, err
	}
	w.plans = plansFor(w.declaration, w.earlier, b.ApplicationPath)
	result.Processes, err = processesFor(w.plans, w.earlier, b.ApplicationPath, b.Layers.Path)
	if err != nil {
		return result, err
	}
	return result, errors.Join(b.contributeSlices(w, &result), contribute(b.Layers, &result, []libpak.Contributable{b.supervisor(w)}))
}

// resolveDownloads has commands run what was downloaded.
func (b builder) resolveDownloads(w *work) error {
	downloading := map[string]bool{}
	for _, s := range w.declaration.Sidecars {
		downloading[s.Name] = len(s.Dependencies) > 0
	}
	w.declaration.Sidecars = layer.ResolveDownloads(w.declaration.Sidecars, w.downloads)
	return b.slice(w, func(s declare.Sidecar) bool { return downloading[s.Name] })
}

func (b builder) contributeSlices(w *work, result *libcnb.BuildResult) error {
	for _, s := range w.slices {
		if err := s.MakeRunnable(); err != nil {
			return err
		}
		if len(s.Paths) > 0 {
			result.Slices = append(result.Slices, s.Slice())
		}
	}
	return layer.DescribeSlices(b.Layers, w.slices)
}

func (b builder) supervisor(w *work) layer.Supervisor {
	return layer.Supervisor{
		Buildpack: b.Buildpack.Path,
		Version:   b.Buildpack.Info.Version,
		Plans:     w.plans,
		Scripts:   scripts(w.plans, w.earlier, b.ApplicationPath, layer.Executable(b.Layers.Path)),
		Env:       w.declaration.Env,
		Own:       alone(w.plans, w.earlier),
		Sources:   w.inLayers,
		Logger:    b.log,
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
