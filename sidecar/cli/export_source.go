package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/resolve"
	"github.com/sidecar-buildpack/sidecar/sidecar/export"
	"github.com/sidecar-buildpack/sidecar/sidecar/image"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// exportSource is what is known of what is to be exported.
type exportSource struct {
	declaration declare.Declaration
	processType string
	image       *image.Image  // nil where a file says what is declared
	assumed     resolve.Image // in its place
}

// source reads what is declared, in a file or in the image.
func (f exportFlags) source(c *cobra.Command) (exportSource, error) {
	if c.Flags().Changed("file") || *f.image == "" {
		read := load
		if *f.json {
			read = loadQuietly
		}
		source, _, err := read(c, *f.file)
		*f.warnings = source.Warnings
		if err != nil {
			return exportSource{}, err
		}
		from := exportSource{processType: cmp.Or(*f.processType, "web"), assumed: resolve.Assumed(source.Declaration)}
		return from.resolved(source.Declaration, from.assumed)
	}
	built, err := image.Read(context.Background(), *f.image)
	if err != nil {
		return exportSource{}, failure{fmt.Errorf("%w: name a declaration with --file", err)}
	}
	from := exportSource{processType: cmp.Or(*f.processType, built.Default, "web"), image: &built}
	return from.resolved(built.Declaration, built.Types())
}

func (s exportSource) resolved(d declare.Declaration, types resolve.Image) (exportSource, error) {
	d, _, err := resolve.For(d, types)
	if err != nil {
		return s, failure{err}
	}
	s.declaration = d
	return s, nil
}

// untyped returns the names of the sidecars that no process type of the image starts as they are declared.
func (s exportSource) untyped(sidecars []plan.Process) (names []string) {
	for _, sidecar := range sidecars {
		if !starts(s.typeOf(sidecar), sidecar) {
			names = append(names, sidecar.Name)
		}
	}
	return names
}

// typeOf returns the process of the image that is called like a sidecar. Where no image was read, it is what a build makes: none where an
// earlier buildpack has defined it.
func (s exportSource) typeOf(sidecar plan.Process) image.Process {
	slug := plan.Slug(sidecar.Name)
	if s.image != nil {
		return s.image.Process(slug)
	}
	if slices.Contains(s.assumed.Types, slug) {
		return image.Process{}
	}
	command, _, _ := sidecar.Alone() // which is an error of starts
	return image.Process{Type: slug, Argv: plan.Rooted(command, sidecar.WorkingDir), WorkingDir: sidecar.WorkingDir}
}

// starts reports whether a process starts a sidecar as it is declared. The lifecycle's launcher looks for a program in the app's directory
// before it changes to the process's own.
func starts(own image.Process, sidecar plan.Process) bool {
	command, _, err := sidecar.Alone()
	if err != nil || len(command) == 0 || len(own.Argv) == 0 || own.WorkingDir != sidecar.WorkingDir {
		return false
	}
	argv := plan.Rooted(own.Argv, own.WorkingDir)
	isFound := own.WorkingDir == export.Workspace || own.Argv[0] == argv[0]
	return isFound && slices.Equal(argv, plan.Rooted(command, sidecar.WorkingDir))
}
