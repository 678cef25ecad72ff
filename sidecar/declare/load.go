package declare

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/BurntSushi/toml"
)

// Where a declaration is looked for in the app's directory.
const (
	File     = "sidecar.toml"
	Manifest = "manifest.yml"
)

// The environment that Load heeds, besides VCAP_APPLICATION, which Cloud Foundry sets while it stages.
const (
	ConfigVariable      = "BP_SIDECAR_CONFIG"      // the file to read instead, relative to the app's directory
	ApplicationVariable = "BP_SIDECAR_APPLICATION" // the application of a manifest that has several
)

// What Load finds where there is nothing to run.
var (
	ErrNone = errors.New("no sidecars are declared: there is neither a " + File + " nor a " + Manifest + " with sidecars")
	ErrLeft = errors.New("the sidecars of the manifest are left to Cloud Foundry, which runs them itself: " +
		"declare them in " + File + " to have this buildpack run them")
)

// Lookup gives a variable of the environment, as os.LookupEnv does.
type Lookup func(name string) (value string, set bool)

// Load reads the declaration of the app in appDir: BP_SIDECAR_CONFIG's file, else sidecar.toml, else a manifest.yml with sidecars.
// Where there is none the error is ErrNone, and ErrLeft where Cloud Foundry runs what is declared. Other errors are for the
// app's author to read. What depends-on names is for Merge to check.
func Load(appDir string, env Lookup) (Source, error) {
	file, text, err := find(appDir, env)
	if err != nil {
		return Source{}, err
	}
	application, _ := env(ApplicationVariable)
	source, err := parseSource(text, file, application, ParseSource)
	if !isManifest(file) {
		return source, err
	}
	if named, _ := env(ConfigVariable); err == nil && len(source.Sidecars) == 0 && named != "" {
		return Source{}, fmt.Errorf("%s is %q, in which no application has sidecars: name another file, or unset it", ConfigVariable, file)
	}
	if err == nil && len(source.Sidecars) == 0 {
		return Source{}, ErrNone
	}
	if _, staging := env("VCAP_APPLICATION"); staging {
		return Source{}, ErrLeft
	}
	return source, err
}

// find gives the file to read. It takes a manifest.yml only where it speaks of sidecars: others have files of that name too.
func find(appDir string, env Lookup) (string, []byte, error) {
	if file, _ := env(ConfigVariable); file != "" {
		text, err := readFile(appDir, file)
		if err != nil {
			err = fmt.Errorf("%s is %q, which can't be read: %w: write the path of a file in the app's directory, relative to it",
				ConfigVariable, file, err)
		}
		return file, text, err
	}
	for _, file := range []string{File, Manifest} {
		text, err := readFile(appDir, file)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return file, nil, fmt.Errorf("%s can't be read: %w", file, err)
		case file == File || bytes.Contains(text, []byte("sidecars")):
			return file, text, nil
		}
	}
	return "", nil, ErrNone
}

// Read reads the declaration in one file. One that ends in .yml or .yaml is a manifest, of which application is read; where that is
// empty, the only application that has sidecars.
func Read(path, application string) (Source, error) {
	text, err := readFile(filepath.Split(path))
	if err != nil {
		return Source{}, fmt.Errorf("%s can't be read: %w", path, err)
	}
	return parseSource(text, path, application, func(text []byte, origin string) (Source, error) {
		d, err := Parse(text, origin)
		return Source{Declaration: d, Origin: origin}, err
	})
}

// LoadLaunch reads the sidecars in the app's launch.yml, which may be none. Where there is no such file the error is ErrNone.
func LoadLaunch(appDir string) (Source, error) {
	text, err := readFile(appDir, Launch)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Source{}, ErrNone
	case err != nil:
		return Source{}, fmt.Errorf("%s can't be read: %w", Launch, err)
	}
	return ParseLaunch(text, Launch)
}

func parseSource(text []byte, file, application string, parseTOML func([]byte, string) (Source, error)) (Source, error) {
	if !isManifest(file) {
		return parseTOML(text, file)
	}
	d, warnings, err := ParseManifest(text, file, application)
	return Source{Declaration: d, Origin: file, Warnings: warnings}, err
}

// LoadLayers reads what a buildpack declares beside its launch.toml, in layersDir. Where there is nothing the error is ErrNone; metadata of
// a layer called sidecar, which has the same file's name, is nothing.
func LoadLayers(layersDir, origin string) (Source, error) {
	text, err := readFile(layersDir, File)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Source{}, ErrNone
	case err != nil:
		return Source{}, fmt.Errorf("%s: %s can't be read: %w", origin, filepath.Join(layersDir, File), err)
	}
	if checkBounds(text) == nil {
		var metadata map[string]any
		if toml.Unmarshal(text, &metadata) == nil && metadata["types"] != nil {
			return Source{}, ErrNone
		}
	}
	return ParseSource(text, origin)
}

func isManifest(file string) bool {
	extension := filepath.Ext(file)
	return extension == ".yml" || extension == ".yaml"
}

// readFile reads a file that is inside dir, by its name and by every link on the way.
func readFile(dir, file string) ([]byte, error) {
	root, err := os.OpenRoot(filepath.Clean(dir))
	if err != nil {
		return nil, reason(err)
	}
	defer root.Close()
	info, err := root.Stat(file) // first, since opening a pipe could wait for ever
	if err != nil {
		return nil, reason(err)
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a file")
	}
	f, err := root.Open(file)
	if err != nil {
		return nil, reason(err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostBytes+1))
	if err != nil {
		return nil, reason(err)
	}
	if len(text) > mostBytes {
		return nil, errors.New(tooLarge)
	}
	return text, nil
}

// reason leaves the path out of a file's error: the message has it already.
func reason(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
