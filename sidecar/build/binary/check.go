package binary

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Target is the image that a program is to run in. What its run image has isn't there to see at build; the build image
// stands in for it.
type Target struct {
	OS, Arch string // as Go names them
	Distro   string // the run image's, as /etc/os-release names it; may be empty
	Layers   string // the directory with every buildpack's layers
	Root     string // the build image's file system; empty where there is none to look at, of which nothing is said then
}

// Check returns what is against running p in the image: as an error what can't work, as a warning what may not. Both begin
// with a verb, to stand behind the file's name.
func (t Target) Check(p Program) (warning string, err error) {
	switch {
	case p.Interpreter != nil:
		return t.checkScript(p.Interpreter)
	case p.OS == "":
		return "", errors.New("is neither a program nor a script that begins with #!, and can't be started as it is: " +
			"write #!/bin/sh into its first line, or name the program that runs it")
	case p.OS != t.OS:
		return "", fmt.Errorf("is a %s program, and the image is for %s/%[3]s: use its build for %[2]s/%[3]s", title(p.OS), t.OS, t.Arch)
	case p.Damage != "":
		return "begins like a program, but seems damaged or cut off: " + p.Damage, nil
	case p.Library:
		return "", errors.New("is a library or an object file: name a program")
	case p.Arch == narrow[t.Arch]:
		warning = fmt.Sprintf("is a 32-bit program (%s), which not every %s machine can run", p.Arch, t.Arch)
	case p.Arch != t.Arch:
		return "", fmt.Errorf("is built for %s/%s, and the image is for %[3]s/%[4]s: use its build for %[3]s/%[4]s", p.OS, p.Arch, t.OS, t.Arch)
	}
	if p.Loader == "" || t.Has(p.Loader) {
		return warning, nil
	}
	made, instead := libc(p.Loader)
	missing := fmt.Sprintf("is %slinked against the loader %s, which the %s doesn't have: use a build that is linked %s",
		made, p.Loader, t.image(), instead)
	if t.Distro != "" && t.Distro != t.buildDistro() { // then the build image says little of the run image
		return missing + ", unless the run image has it", nil
	}
	return "", errors.New(missing)
}

// narrow are the 32-bit architectures that a 64-bit one may run as well.
var narrow = map[string]string{"amd64": "386", "arm64": "arm"}

// title returns a system's own name for Go's.
func title(system string) string {
	names := map[string]string{"darwin": "macOS", "windows": "Windows", "freebsd": "FreeBSD", "netbsd": "NetBSD", "openbsd": "OpenBSD"}
	return cmp.Or(names[system], system)
}

// libc says which C library a loader belongs to, and how programs are to be linked for an image without it.
func libc(loader string) (made, instead string) {
	switch name := filepath.Base(loader); {
	case strings.HasPrefix(name, "ld-musl-"):
		return "built for musl (Alpine): ", "statically or against glibc"
	case strings.HasPrefix(name, "ld-linux"), strings.HasPrefix(name, "ld64."):
		return "built for glibc: ", "statically or against the image's own C library"
	}
	return "", "statically"
}

// checkScript warns where the build image doesn't have what runs the script.
func (t Target) checkScript(interpreter []string) (warning string, err error) {
	if len(interpreter) == 0 {
		return "", errors.New("has no interpreter behind #!: write one, such as #!/bin/sh")
	}
	name := interpreter[0]
	if last := interpreter[len(interpreter)-1]; strings.HasSuffix(last, "\r") {
		return "", fmt.Errorf("is a script with the line ends of Windows, so that Linux looks for %q: save it with those of Unix", last)
	}
	if t.Root == "" {
		return "", nil
	}
	found := t.Has(name)
	if found && filepath.Base(name) == "env" {
		program := func(word string) bool { return !strings.HasPrefix(word, "-") && !strings.Contains(word, "=") }
		if i := slices.IndexFunc(interpreter[1:], program); i >= 0 { // behind options and variables
			name = interpreter[1+i]
			found = t.OnPath(name)
		}
	}
	if found {
		return "", nil
	}
	return fmt.Sprintf("is a script for %s, which the %s doesn't have: see that the run image or another buildpack has it",
		name, t.image()), nil
}

// Has reports whether the build image, with the layers of earlier buildpacks, has a file.
func (t Target) Has(path string) bool {
	if t.Root == "" {
		return true
	}
	_, err := os.Stat(filepath.Join(t.Root, path))
	return err == nil
}

// OnPath reports whether a program is found by its name, in the build image or in the layers of earlier buildpacks, which
// are on PATH in the image.
func (t Target) OnPath(name string) bool {
	if _, err := exec.LookPath(name); err == nil {
		return true
	}
	found, err := filepath.Glob(filepath.Join(t.Layers, "*", "*", "bin", name))
	return err == nil && len(found) > 0
}

// Where says whose PATH was looked at, behind that word.
func (t Target) Where() string {
	if t.Root == "" {
		return ""
	}
	return " of the build image"
}

// image names the build image, by its distribution where that is known.
func (t Target) image() string { return strings.TrimSpace(t.buildDistro() + " build image") }

// buildDistro returns the build image's distribution, as /etc/os-release names it; empty where it can't be read.
func (t Target) buildDistro() string {
	text, err := os.ReadFile(filepath.Join(t.Root, "etc/os-release"))
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if id, ok := strings.CutPrefix(line, "ID="); ok {
			return strings.Trim(id, "\"'\n")
		}
	}
	return ""
}
