package layer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/binary"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare/document"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/reference"
)

// check looks into what s's command runs, and says what would fail at launch.
func (f finder) check(s declare.Sidecar, named appFiles, target binary.Target) (warnings []string, errs []error) {
	tell := func(program, warning string, err error) {
		if err != nil {
			errs = append(errs, err)
		} else if warning != "" {
			warnings = append(warnings, fmt.Sprintf("sidecar %q: command: %q %s", s.Name, program, warning))
		}
	}
	if named.start != "" {
		warning, err := checkProgram(s, s.Command[0], named.start, target)
		tell(s.Command[0], warning, err)
	}
	for _, path := range named.programs {
		program := filepath.Join(f.app, path)
		if place, err := filepath.EvalSymlinks(named.start); err == nil && place == program || shellScript(program) {
			continue
		}
		warning, err := checkProgram(s, path, program, target)
		tell(path, warning, err)
	}
	return slices.Concat(warnings, f.checkNames(s, named, target), f.checkPaths(s)), errs
}

// checkProgram looks into a program. What is in a layer that the lifecycle reuses isn't there to see, and has been seen at an earlier
// build;
// what may only be run can't be seen at all.
func checkProgram(s declare.Sidecar, name, program string, target binary.Target) (warning string, err error) {
	if info, err := os.Stat(program); err == nil && !info.Mode().IsRegular() { // opening a pipe could wait for ever
		is := "a pipe, a socket or a device"
		if info.IsDir() {
			is = "a directory"
		}
		return "", fmt.Errorf("sidecar %q: command: %q is %s: name the file to run", s.Name, name, is)
	}
	p, err := binary.Read(program)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("sidecar %q: command: %w", s.Name, err)
	}
	if warning, err = target.Check(p); err != nil {
		return "", fmt.Errorf("sidecar %q: command: %q %w", s.Name, name, err)
	}
	return warning, nil
}

// shellScript reports whether program can be started by a shell alone, as a script of its own without #! is.
func shellScript(program string) bool {
	p, err := binary.Read(program)
	return err == nil && p.OS == "" && p.Interpreter == nil
}

// runs reports whether a command that names the file at path runs it, itself or by another program, as in timeout 5 ./agent.
func runs(file reference.File, path string) bool {
	p, err := binary.Read(path)
	return file.Program || err == nil && !p.Library && (p.OS != "" || p.Interpreter != nil)
}

// checkNames warns of programs that are found nowhere, by their names or by their paths in the image. Sidecars whose downloads aren't there
// yet may have them there.
func (f finder) checkNames(s declare.Sidecar, named appFiles, target binary.Target) (warnings []string) {
	for i, name := range reference.Programs(s.Command) {
		path := filepath.Join(s.WorkingDir, name)
		switch start := i == 0; {
		case len(s.Dependencies) > 0:
		case strings.Contains(name, "/"):
			if start && named.start == "" && filepath.IsAbs(name) && !target.Has(name) {
				warnings = append(warnings, fmt.Sprintf("sidecar %q: command: the build image has no %q: see that the run image has it", s.Name, name))
			}
		case target.OnPath(name):
		case f.appHas(path):
			warnings = append(warnings, fmt.Sprintf("sidecar %q: command: %q is not on the PATH%s, but the app has %s: "+
				"did you mean ./%s?", s.Name, name, target.Where(), path, name))
		case start && target.Root != "":
			warnings = append(warnings, fmt.Sprintf("sidecar %q: command: %q is not on the PATH of the build image: "+
				"see that the run image or another buildpack has it", s.Name, name))
		}
	}
	return warnings
}

// checkPaths warns of programs that a shell's text names by their paths in the app, and that the app lacks. Downloads may bring them, and a
// text that goes elsewhere may find them there.
func (f finder) checkPaths(s declare.Sidecar) (warnings []string) {
	programs := reference.Programs(s.Command)
	if len(s.Dependencies) > 0 || slices.Contains(programs, "cd") {
		return nil
	}
	for _, name := range programs[1:] {
		path := filepath.Join(s.WorkingDir, name)
		if strings.Contains(name, "/") && filepath.IsLocal(name) && f.lacks(path) {
			warnings = append(warnings, fmt.Sprintf("sidecar %q: command: the app has no %q: see that it is there at launch%s",
				s.Name, name, f.meant(path)))
		}
	}
	return warnings
}

// lacks reports whether there surely is nothing at a path in the app: no link either, of which an end in a layer can't be seen.
func (f finder) lacks(path string) bool {
	_, linked := f.linked(path)
	_, err := os.Lstat(filepath.Join(f.app, path))
	return !linked && errors.Is(err, fs.ErrNotExist)
}

// meant returns a hint at a file in the app with nearly the same name.
func (f finder) meant(path string) string {
	var names []string
	entries, _ := os.ReadDir(filepath.Join(f.app, filepath.Dir(path)))
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if near := document.Nearest(filepath.Base(path), names); near != "" {
		return ", or whether you mean " + filepath.Join(filepath.Dir(path), near)
	}
	return ""
}

func (f finder) appHas(path string) bool {
	info, err := os.Stat(filepath.Join(f.app, path))
	return err == nil && info.Mode().IsRegular()
}
