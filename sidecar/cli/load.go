package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
)

// standardInput is what a file is called that is read from there.
const standardInput = "-"

// fileFlag adds --file, which all commands have.
func fileFlag(c *cobra.Command) *string {
	return c.Flags().StringP("file", "f", declare.File, "the declaration: a file, a directory with what a build finds there, or - "+
		"for standard input")
}

// load reads the declaration in a file, in what a build would find in a directory, or on standard input, and merges it. Without --file it
// is the working directory. It returns the app's directory too, which is the file's.
func load(c *cobra.Command, path string) (declare.Source, string, error) {
	source, dir, err := loadQuietly(c, path)
	for _, warning := range source.Warnings {
		fmt.Fprintln(c.ErrOrStderr(), "warning:", warning)
	}
	return source, dir, err
}

// loadQuietly is load for those who say the source's warnings in their own way.
func loadQuietly(c *cobra.Command, path string) (declare.Source, string, error) {
	if flag := c.Flags().Lookup("file"); flag != nil && !flag.Changed && path == flag.DefValue {
		path = "."
	}
	sources, dir, err := read(c, path)
	var warnings []string
	for _, source := range sources {
		warnings = append(warnings, source.Warnings...)
	}
	if err == nil {
		var merged declare.Source
		if merged, err = merge(sources); err == nil {
			merged.Warnings = warnings
			return merged, dir, nil
		}
	}
	return declare.Source{Warnings: warnings}, "", failure{err}
}

// merge puts the sources together as one.
func merge(sources []declare.Source) (declare.Source, error) {
	d, err := declare.Merge(sources, false)
	var origins []string
	for _, source := range sources {
		origins = append(origins, source.Origin)
	}
	return declare.Source{Declaration: d, Origin: strings.Join(origins, ", ")}, err
}

// read reads all sources that a path stands for.
func read(c *cobra.Command, path string) (sources []declare.Source, dir string, err error) {
	application := os.Getenv(declare.ApplicationVariable)
	if path == standardInput {
		source, err := readInput(c.InOrStdin(), application)
		return []declare.Source{source}, ".", err
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		sources, err := readDirectory(path)
		return sources, absolute(path), err
	}
	source, err := declare.Read(path, application)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w: name the declaration with --file", err)
	}
	return []declare.Source{source}, absolute(filepath.Dir(path)), err
}

func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// readDirectory reads what a build finds in an app's directory. A laptop stages nothing, whatever its environment says.
func readDirectory(dir string) (sources []declare.Source, err error) {
	env := func(name string) (string, bool) {
		if name == "VCAP_APPLICATION" {
			return "", false
		}
		return os.LookupEnv(name)
	}
	main, mainErr := declare.Load(dir, env)
	launch, launchErr := declare.LoadLaunch(dir)
	if mainErr == nil {
		sources = append(sources, main)
	}
	if launchErr == nil && len(launch.Sidecars) > 0 {
		sources = append(sources, launch)
	}
	if errors.Is(launchErr, declare.ErrNone) {
		launchErr = nil
	}
	if errors.Is(mainErr, declare.ErrNone) {
		mainErr = nil
	}
	if err := errors.Join(mainErr, launchErr); err != nil || len(sources) > 0 {
		return sources, err
	}
	return nil, fmt.Errorf("%w in %s: name the declaration with --file", declare.ErrNone, dir)
}

// readInput reads a declaration of any kind: YAML begins with a table that only manifests and launch files have.
func readInput(in io.Reader, application string) (declare.Source, error) {
	text, err := io.ReadAll(io.LimitReader(in, 1<<20))
	if err != nil {
		return declare.Source{}, fmt.Errorf("standard input can't be read: %w", err)
	}
	for _, first := range []string{"applications:", "apps:", "processes:"} {
		if bytes.HasPrefix(text, []byte(first)) || bytes.Contains(text, []byte("\n"+first)) {
			return declare.ReadText(text, "stdin.yml", application)
		}
	}
	return declare.ReadText(text, "stdin", application)
}

func noSidecars(file string) error { return fmt.Errorf("%s declares no sidecars", file) }
