package declare

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare/document"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/show"
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

// Lookup returns a variable of the environment, as os.LookupEnv does.
type Lookup func(name string) (value string, set bool)

// manifests are the names that cf push takes, in its order.
var manifests = []string{Manifest, "manifest.yaml"}

// Load reads the declaration of the app in appDir: BP_SIDECAR_CONFIG's file, else sidecar.toml, else a manifest with sidecars.
// Where there is none the error is ErrNone, and ErrLeft where Cloud Foundry runs what is declared. Other errors are for the
// app's author to read. What depends-on names is for Merge to check.
func Load(appDir string, env Lookup) (Source, error) {
	application, _ := env(ApplicationVariable)
	file, err := named(appDir, env)
	if err != nil {
		return Source{}, err
	}
	if file == nil {
		file, err = find(appDir)
	}
	if err != nil {
		return Source{}, err
	}
	if !isManifest(file.name) {
		source, err := ParseSource(file.text, file.name)
		if err == nil {
			source.Warnings = append(source.Warnings, unread(appDir, file.name)...)
		}
		return source, err
	}
	source, err := parseManifest(file.text, file.name, application)
	if err == nil && len(source.Sidecars) == 0 {
		if file.named {
			err = fmt.Errorf("%s is %q, in which no application has sidecars: name another file, or unset it", ConfigVariable, file.name)
			return Source{}, err
		}
		return Source{}, ErrNone
	}
	if _, staging := env("VCAP_APPLICATION"); staging {
		return Source{}, ErrLeft
	}
	return source, err
}

// file is one that was read.
type file struct {
	name  string
	text  []byte
	named bool // by BP_SIDECAR_CONFIG
}

// named returns the file that BP_SIDECAR_CONFIG names, nil where it names none.
func named(appDir string, env Lookup) (*file, error) {
	name, _ := env(ConfigVariable)
	if name == "" {
		return nil, nil
	}
	text, err := readFile(appDir, name)
	if err != nil {
		return nil, fmt.Errorf("%s is %q, which can't be read: %w: write the path of a file in the app's directory, relative to it",
			ConfigVariable, name, err)
	}
	return &file{name, text, true}, nil
}

// find returns the sidecar.toml, else a manifest that declares sidecars.
func find(appDir string) (*file, error) {
	text, err := readFile(appDir, File)
	if err == nil {
		return &file{name: File, text: text}, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s can't be read: %w", File, err)
	}
	if name, text := findManifest(appDir); name != "" {
		return &file{name: name, text: text}, nil
	}
	return nil, ErrNone
}

// unread warns of a manifest that would be read if file weren't there.
func unread(appDir, file string) []string {
	if name := ManifestIn(appDir); name != "" {
		return []string{fmt.Sprintf("%s has sidecars too, which are not read: %s goes before it", name, file)}
	}
	return nil
}

// ManifestIn returns the name of the manifest in the app's directory that declares sidecars; it is empty where none does.
func ManifestIn(appDir string) string {
	name, _ := findManifest(appDir)
	return name
}

func findManifest(appDir string) (name string, text []byte) {
	for _, name := range manifests {
		if text, err := readFile(appDir, name); err == nil && declaresSidecars(text) {
			return name, text
		}
	}
	return "", nil
}

// Read reads the declaration in one file: a sidecar.toml, or a file that ends in .yml or .yaml. That is a launch.yml where it begins with
// processes, and a manifest otherwise, of which application is read; where that is empty, the only application that has sidecars.
func Read(path, application string) (Source, error) {
	text, err := readFile(filepath.Split(path))
	if err != nil {
		return Source{}, fmt.Errorf("%s can't be read: %w", path, err)
	}
	return ReadText(text, path, application)
}

// ReadText is Read for the text of a file that is called path.
func ReadText(text []byte, path, application string) (Source, error) {
	switch {
	case !isManifest(path):
		return ParseSource(text, path)
	case launches(text):
		return ParseLaunch(text, path)
	default:
		return parseManifest(text, path, application)
	}
}

// LoadLaunch reads the sidecars in the app's launch.yml: none where the file is another tool's. Where there is no such file the error is
// ErrNone.
func LoadLaunch(appDir string) (Source, error) {
	text, err := readFile(appDir, Launch)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Source{}, ErrNone
	case err != nil || !launches(text):
		return Source{Origin: Launch}, nil
	}
	return ParseLaunch(text, Launch)
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
	p := document.NewProblems(origin, File)
	if t := document.NewTable(p, document.ReadTOML(text, p), ""); t.Has("types") {
		return Source{}, ErrNone
	}
	return ParseSource(text, origin)
}

// isFile reports whether an origin is a file's path, and no phrase such as the binding "apm".
func isFile(origin string) bool { return !strings.HasPrefix(origin, "the ") }

func isManifest(file string) bool {
	extension := filepath.Ext(file)
	return extension == ".yml" || extension == ".yaml"
}

// readFile reads a file that is inside dir, by its name and by every link on the way.
func readFile(dir, file string) ([]byte, error) {
	root, err := os.OpenRoot(filepath.Clean(dir))
	if err != nil {
		return nil, show.Reason(err)
	}
	defer root.Close()
	info, err := root.Stat(file) // first, since opening a pipe could wait for ever
	if err != nil {
		return nil, show.Reason(err)
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a file")
	}
	f, err := root.Open(file)
	if err != nil {
		return nil, show.Reason(err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, document.MaxBytes+1))
	if err != nil {
		return nil, show.Reason(err)
	}
	if len(text) > document.MaxBytes {
		return nil, document.ErrTooLarge
	}
	return text, nil
}
