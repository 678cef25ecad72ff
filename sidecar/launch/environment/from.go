package environment

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/fault"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// bindingRoot is where bindings are unless SERVICE_BINDING_ROOT says otherwise.
const bindingRoot = "/platform/bindings"

// maxBytes is how large a file of variables may be: an environment has no room for more (execve(2)).
const maxBytes = 2 << 20

// fromSources reads the variables of env-from. Of one that is in several, the last counts.
func fromSources(sources []plan.EnvFrom, value func(string) (string, bool)) (map[string]string, error) {
	all := map[string]string{}
	for _, source := range sources {
		var found map[string]string
		var err error
		if source.File != "" {
			found, err = fromFile(source.File)
		} else {
			found, err = fromBinding(root(value), source.Binding)
		}
		if err != nil {
			return nil, err
		}
		for name, value := range found {
			all[source.Prefix+name] = value
		}
	}
	return all, nil
}

func root(value func(string) (string, bool)) string {
	if dir, _ := value("SERVICE_BINDING_ROOT"); dir != "" {
		return dir
	}
	return bindingRoot
}

// fromFile reads lines of NAME=value. Values are taken as they are; blank lines and those that begin with # are not read.
func fromFile(path string) (map[string]string, error) {
	content, err := read(path)
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	for i, line := range strings.Split(content, "\n") {
		line = strings.TrimSuffix(line, "\r")
		if trimmed := strings.TrimSpace(line); trimmed == "" || trimmed[0] == '#' {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		name = strings.TrimSpace(name)
		if !ok || name == "" || strings.ContainsRune(line, 0) { // the line itself may be a secret
			return nil, errors.New(path + ": line " + strconv.Itoa(i+1) + " is not NAME=value")
		}
		all[name] = value
	}
	return all, nil
}

// fromBinding reads a binding's entries, by the binding's name or else its type: https://servicebinding.io/spec/core/1.1.0/. An entry's
// file name becomes a variable's name in capitals.
func fromBinding(root, binding string) (map[string]string, error) {
	dir, err := findBinding(root, binding)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fault.Wrap("binding "+strconv.Quote(binding)+": ", err)
	}
	all := map[string]string{}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") || e.Name() == "type" || e.Name() == "provider" {
			continue
		}
		value, err := read(filepath.Join(dir, e.Name()))
		if err != nil || strings.ContainsRune(value, 0) {
			return nil, errors.New("binding " + strconv.Quote(binding) + ": " + e.Name() + " is not text that can be read")
		}
		all[variable(e.Name())] = strings.TrimSuffix(value, "\n")
	}
	return all, nil
}

// findBinding returns the directory of the binding with a name, else of the only one with that type.
func findBinding(root, binding string) (string, error) {
	entries, err := os.ReadDir(root)
	if err != nil {
		return "", errors.New("binding " + strconv.Quote(binding) + ": " + root +
			" can't be read: mount it there, or set SERVICE_BINDING_ROOT")
	}
	var names, ofType []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		names = append(names, e.Name())
		if kind, err := read(filepath.Join(root, e.Name(), "type")); err == nil && strings.EqualFold(strings.TrimSpace(kind), binding) {
			ofType = append(ofType, e.Name())
		}
	}
	switch {
	case slices.Contains(names, binding):
		return filepath.Join(root, binding), nil
	case len(ofType) == 1:
		return filepath.Join(root, ofType[0]), nil
	case len(ofType) > 1:
		return "", errors.New("several bindings are of type " + strconv.Quote(binding) + ": name one of " + strings.Join(ofType, ", "))
	}
	return "", errors.New("no binding in " + root + " has the name or the type " + strconv.Quote(binding))
}

// variable returns a file's name as a variable's: in capitals, with underscores for what a shell can't read.
func variable(file string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z' || r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, file)
}

// read reads a file that is one, and not too large.
func read(path string) (string, error) {
	info, err := os.Stat(path) // first, since opening a pipe could wait for ever
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Size() > maxBytes {
		return "", errors.New(path + " is no file, or larger than 2 MiB")
	}
	content, err := os.ReadFile(path)
	return string(content), err
}
