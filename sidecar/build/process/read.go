// Package process knows the process types that earlier buildpacks define, and puts the supervisor in front of them.
package process

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

// Process is a process type as an earlier buildpack defined it.
type Process struct {
	Type       string
	Command    []string
	Args       []string
	WorkingDir string // empty: the app's directory
	Default    bool

	// AppendArgs says that what a user gives at launch goes behind Args instead of replacing them: below Buildpack API 0.9.
	AppendArgs bool
	// Shell says that bash starts it, behind the profile scripts in Buildpacks: direct = false, below Buildpack API 0.9.
	Shell bool
	// Buildpacks are the layers directories of the image's buildpacks in their order.
	Buildpacks []string
	// ExecEnv are the execution environments it is for; none: all.
	ExecEnv []string
}

// Read returns the process types, sorted, that the buildpacks before own leave in layers, the directory that holds each
// buildpack's layers directory; own is the name of this buildpack's there. They are merged as the lifecycle does it: a
// later buildpack's definition of a type wins, the last default stays the default unless its type is redefined without.
func Read(layers, own string) ([]Process, error) {
	buildpacks, err := order(layers, own)
	if err != nil {
		return nil, err
	}
	var dirs []string
	for _, b := range buildpacks {
		dirs = append(dirs, b.dir)
	}
	types := map[string]Process{}
	defaultType := ""
	for _, b := range buildpacks {
		if filepath.Base(b.dir) == own {
			break
		}
		processes, err := b.processes()
		if err != nil {
			return nil, err
		}
		for _, p := range processes {
			if p.Default {
				defaultType = p.Type
			} else if p.Type == defaultType {
				defaultType = ""
			}
			p.Buildpacks = dirs
			types[p.Type] = p
		}
	}
	merged := make([]Process, 0, len(types))
	for _, p := range types {
		p.Default = p.Type == defaultType
		merged = append(merged, p)
	}
	slices.SortFunc(merged, func(a, b Process) int { return cmp.Compare(a.Type, b.Type) })
	return merged, nil
}

// Earlier returns the layers directories of the buildpacks before own, in their order; what it takes is what Read does.
func Earlier(layers, own string) ([]string, error) {
	buildpacks, err := order(layers, own)
	var dirs []string
	for _, b := range buildpacks {
		if filepath.Base(b.dir) == own {
			break
		}
		dirs = append(dirs, b.dir)
	}
	return dirs, err
}

// buildpack is one buildpack's layers directory.
type buildpack struct {
	dir string
	api string // Buildpack API; empty where nothing tells
}

// order lists the buildpacks' directories as the buildpacks run: by group.toml, which the detector leaves beside them, and
// without one, as on Cloud Foundry, by when each was last written to, since they run one after another, and own is running.
func order(layers, own string) ([]buildpack, error) {
	var group struct {
		Group []struct{ ID, API string }
	}
	path := filepath.Join(layers, "group.toml")
	_, err := toml.DecodeFile(path, &group)
	if errors.Is(err, fs.ErrNotExist) {
		return orderByTime(layers, own)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the buildpacks' order from %s: %w", path, err)
	}
	var buildpacks []buildpack
	for _, b := range group.Group {
		buildpacks = append(buildpacks, buildpack{filepath.Join(layers, strings.ReplaceAll(b.ID, "/", "_")), b.API})
	}
	return buildpacks, nil
}

func orderByTime(layers, own string) ([]buildpack, error) {
	entries, err := os.ReadDir(layers)
	if err != nil {
		return nil, fmt.Errorf("reading the earlier buildpacks' layers: %w", err)
	}
	var buildpacks []buildpack
	written := map[string]time.Time{}
	for _, e := range entries {
		dir := filepath.Join(layers, e.Name())
		info, err := os.Stat(filepath.Join(dir, "launch.toml"))
		if err != nil {
			info, err = os.Stat(dir)
		}
		if err != nil || !e.IsDir() {
			continue
		}
		written[dir] = info.ModTime()
		if e.Name() == own { // a restored directory is old
			written[dir] = time.Now()
		}
		buildpacks = append(buildpacks, buildpack{dir: dir})
	}
	slices.SortStableFunc(buildpacks, func(a, b buildpack) int { return written[a.dir].Compare(written[b.dir]) })
	return buildpacks, nil
}

// processes reads the buildpack's launch.toml. Which format it is in shows in the command: a string below Buildpack API
// 0.9, a list from there on.
func (b buildpack) processes() ([]Process, error) {
	var launch struct {
		Processes []struct {
			Type       string
			Command    any
			Args       []string
			Direct     bool
			Default    bool
			WorkingDir string   `toml:"working-dir"`
			ExecEnv    []string `toml:"exec-env"`
		}
	}
	path := filepath.Join(b.dir, "launch.toml")
	if _, err := toml.DecodeFile(path, &launch); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("reading an earlier buildpack's processes from %s: %w", path, err)
	}
	var processes []Process
	for _, l := range launch.Processes {
		p := Process{Type: l.Type, Args: l.Args, WorkingDir: l.WorkingDir, Default: l.Default, ExecEnv: l.ExecEnv}
		switch command := l.Command.(type) {
		case string:
			p.Command, p.AppendArgs, p.Shell = []string{command}, true, !l.Direct
		case []any:
			for _, word := range command {
				p.Command = append(p.Command, fmt.Sprint(word))
			}
		}
		if b.api == "0.7" { // the lifecycle ignores a working directory below 0.8
			p.WorkingDir = ""
		}
		processes = append(processes, p)
	}
	return processes, nil
}
