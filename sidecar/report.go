package sidecar

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/buildpacks/libcnb/v2"
	"github.com/heroku/color"
	"github.com/paketo-buildpacks/libpak/v2"
	"github.com/paketo-buildpacks/libpak/v2/log"

	"github.com/sidecar-buildpack/sidecar/sidecar/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/memory"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
	"github.com/sidecar-buildpack/sidecar/sidecar/process"
)

// report is what the build says, in the manner of Paketo's buildpacks.
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
	return nil
}

// sources lists what was found where, and what of it isn't taken.
func (r report) sources(sources []declare.Source, left string) {
	if left != "" {
		r.Header(left)
	}
	sidecars := 0
	for _, source := range sources {
		sidecars += len(source.Sidecars)
		r.source(source)
	}
	if sidecars == 0 && left == "" {
		r.Header("Nothing to run: neither the app nor a binding nor a buildpack before this one declares sidecars")
	}
}

func (r report) source(source declare.Source) {
	r.Headerf("%s declares %s", upper(source.Origin), count(len(source.Sidecars), "sidecar"))
	var rows [][]string
	for _, s := range source.Sidecars {
		rows = append(rows, []string{s.Name, "for " + strings.Join(s.ProcessTypes, ", "), line(s.Command)})
	}
	r.table(rows)
	for _, w := range source.Warnings {
		r.Header(color.YellowString("Warning: ") + w)
	}
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
			rows = append(rows, []string{p.Type, "new", line(p.Command)})
			continue
		}
		name := p.Type
		if p.Default {
			name += " (default)"
		}
		command := line(before.Command, before.Args...)
		rows = append(rows, []string{name, "before", command}, []string{"", "now", "supervisor run " + p.Type + " -- " + command})
	}
	r.table(rows)
	for _, s := range sidecars(plans) {
		if taken, ok := find(earlier, declare.Slug(s.Name)); ok {
			r.Bodyf("The sidecar %q has no process type of its own, since an earlier buildpack defines %s", s.Name, taken.Type)
		}
	}
}

// memory shows what the sidecars of each process type take of its container, whose size is known at launch only.
func (r report) memory(plans []plan.Plan) {
	r.Header("Memory")
	var rows [][]string
	for _, p := range plans {
		processType := p.Type // in its first row only
		var sum memory.Size
		for _, s := range p.Sidecars {
			share := "none of its own"
			if s.Memory > 0 {
				share = s.Memory.String()
			}
			rows = append(rows, []string{processType, s.Name, share})
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

// line shows a command on one line, and without what a terminal would take as its own commands.
func line(command []string, args ...string) string {
	apart := func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }
	return strings.Join(strings.FieldsFunc(strings.Join(slices.Concat(command, args), " "), apart), " ")
}

// table writes rows with their columns under each other.
func (r report) table(rows [][]string) {
	widths := map[int]int{}
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			line += cell + strings.Repeat(" ", 2+widths[i]-utf8.RuneCountInString(cell))
		}
		r.Body(strings.TrimRight(line, " "))
	}
}

func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
