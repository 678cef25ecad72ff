package sidecar

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/buildpacks/libcnb/v2"
	"github.com/paketo-buildpacks/libpak/v2"
	"github.com/paketo-buildpacks/libpak/v2/log"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/layer"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/process"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/show"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// report writes the build's log, in the manner of Paketo's buildpacks.
type report struct{ log.Logger }

func (r report) title(info libcnb.BuildpackInfo) { r.Title(info.Name, info.Version, info.Homepage) }

func (r report) configuration(metadata map[string]any) error {
	module, err := libpak.NewBuildModuleMetadata(metadata)
	if err != nil {
		return err
	}
	configuration, err := libpak.NewConfigurationResolver(module)
	if err != nil {
		return err
	}
	configuration.LogConfiguration(r)
	for _, warning := range unknown(os.Environ()) {
		layer.Warn(r, warning)
	}
	return nil
}

// sources lists what was found where, and why something that was found isn't taken, or else that there was nothing, not in these bindings
// either.
func (r report) sources(sources []declare.Source, skipped string, bindings libcnb.Bindings) {
	if skipped != "" {
		r.Header(skipped)
	}
	sidecars := 0
	for _, source := range sources {
		sidecars += len(source.Sidecars)
		r.source(source)
	}
	if sidecars == 0 && skipped == "" {
		var seen []string
		for _, b := range bindings {
			seen = append(seen, fmt.Sprintf("%s of type %s", show.Text(b.Name), show.Text(b.Type)))
		}
		r.Headerf("Nothing to run: neither the app nor a buildpack before this one declares sidecars, nor a binding of type %s (there are: %s)",
			bindingType, cmp.Or(strings.Join(seen, ", "), "none"))
	}
}

func (r report) source(source declare.Source) {
	r.Headerf("%s declares %s", upper(source.Origin), count(len(source.Sidecars), "sidecar"))
	var rows [][]string
	for _, s := range source.Sidecars {
		rows = append(rows, []string{show.Text(s.Name), "for " + beside(s), show.Command(s.Command)})
	}
	r.table(rows)
	for _, w := range source.Warnings {
		layer.Warn(r, show.Text(w))
	}
}

// beside says which process types a sidecar runs beside.
func beside(s declare.Sidecar) string {
	switch {
	case len(s.ProcessTypes) == 0:
		return "the default process type"
	case slices.Contains(s.ProcessTypes, declare.EveryType):
		return "every process type"
	}
	return strings.Join(s.ProcessTypes, ", ")
}

// upper begins a phrase like a sentence; a file's name stays as it is.
func upper(origin string) string {
	if rest, ok := strings.CutPrefix(origin, "the "); ok {
		return "The " + rest
	}
	return origin
}

// processes lists the process types that this build defines, those that it redefines with what they were before.
func (r report) processes(all []libcnb.Process, earlier []process.Process, plans []plan.Plan) {
	r.Header("Process types")
	var rows [][]string
	for _, p := range all {
		before, redefined := find(earlier, p.Type)
		if !redefined {
			rows = append(rows, []string{p.Type, "new", show.Command(p.Command)})
			continue
		}
		name := p.Type
		if p.Default {
			name += " (default)"
		}
		command := show.Command(slices.Concat(before.Command, before.Args))
		rows = append(rows, []string{name, "before", command}, []string{"", "now", "supervisor run " + p.Type + " -- " + command})
	}
	r.table(rows)
	for _, s := range sidecars(plans) {
		if taken, ok := find(earlier, plan.Slug(s.Name)); ok {
			r.Bodyf("The sidecar %q has no process type of its own, since an earlier buildpack defines %s", s.Name, taken.Type)
		}
	}
}

// slices lists what of the app becomes an image layer of its own.
func (r report) slices(all []layer.Slice) {
	if len(all) == 0 {
		return
	}
	r.Header("Layers of the app's files, reused while these stay the same")
	var rows [][]string
	for _, s := range all {
		what := show.Command(s.Paths)
		if len(s.Paths) == 0 {
			what = "none of its own: another sidecar's layer has them"
		}
		rows = append(rows, []string{show.Text(s.Sidecar), what})
	}
	r.table(rows)
}

// memory shows what the sidecars of each process type take of its container, whose size is known at launch only.
func (r report) memory(plans []plan.Plan) {
	r.Header("Memory")
	var rows [][]string
	for _, p := range plans {
		processType := p.Type // in its first row only
		var sum plan.Size
		for _, s := range p.Sidecars {
			share := "none of its own"
			if s.Memory > 0 {
				share = s.Memory.String()
			}
			rows = append(rows, []string{processType, show.Text(s.Name), share})
			sum += s.Memory
			processType = ""
		}
		rest := "all of the container"
		if sum > 0 {
			rest = "the rest of the container: all but " + sum.String()
		}
		rows = append(rows, []string{"", plan.AppName, rest})
	}
	r.table(rows)
}

func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
