package layer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/buildpacks/libcnb/v2"
	"github.com/paketo-buildpacks/libpak/v2"
	"github.com/paketo-buildpacks/libpak/v2/log"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/files"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/sbom"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// Supervisor packages the supervisor, its helper where a probe needs that, and what these read, and sets launch variables.
// It is made anew when any of these has changed, which a buildpack's version alone would not tell.
type Supervisor struct {
	Buildpack string            // the buildpack's directory, which has the programs in bin
	Plans     []plan.Plan       // one for each process type
	Scripts   map[string]string // what bash has to run first, by process type, for those that need it
	Env       map[string]string // defaults for the launch environment
	Own       []plan.Process    // the sidecars that have a process type of their own, each with its environment
	Version   string            // of the buildpack
	Sources   map[string]string // what was read in other buildpacks' layers, for the next build
	Logger    log.Logger
}

const supervisorLayer = "supervisor"

// SourcesKey is the key of the layer's metadata with Sources.
const SourcesKey = "sources"

// Executable returns the path that the supervisor will have, in the image too, in the buildpack's layers directory.
func Executable(layers string) string {
	return filepath.Join(layers, supervisorLayer, "bin", "supervisor")
}

// Script returns the path that a process type's script will have, in the image too, in the buildpack's layers directory.
func Script(layers, processType string) string {
	return filepath.Join(layers, supervisorLayer, "shell", processType+".bash")
}

// Name is the layer's name.
func (Supervisor) Name() string { return supervisorLayer }

// Contribute fills the layer where its content has changed since the last build.
func (s Supervisor) Contribute(layer *libcnb.Layer) error {
	digest, err := s.digest()
	if err != nil {
		return fmt.Errorf("packaging the supervisor: %w", err)
	}
	contributor := libpak.NewLayerContributor("Supervisor", s.metadata(digest), libcnb.LayerTypes{Launch: true}, s.Logger)
	return contributor.Contribute(layer, func(layer *libcnb.Layer) error {
		if err := errors.Join(s.copyPrograms(layer), s.writeScripts(layer), s.setVariables(layer)); err != nil {
			return fmt.Errorf("packaging the supervisor: %w", err)
		}
		return plan.Write(filepath.Join(layer.Path, "plan.toml"), s.Plans...)
	})
}

// metadata returns what makes the layer anew where it has changed.
func (s Supervisor) metadata(digest string) map[string]any {
	metadata := map[string]any{"content": digest}
	if len(s.Sources) > 0 {
		metadata[SourcesKey] = s.Sources
	}
	return metadata
}

// copyPrograms copies what the layer has of the buildpack's bin, and writes the layer's bills of materials.
func (s Supervisor) copyPrograms(layer *libcnb.Layer) error {
	var components []sbom.Component
	for _, program := range s.programs() {
		from, err := os.Open(filepath.Join(s.Buildpack, program))
		if err != nil {
			return err
		}
		defer from.Close()
		if err := files.Write(filepath.Join(layer.Path, program), from, 0o755); err != nil {
			return err
		}
		digest, err := sbom.Digest(from.Name())
		if err != nil {
			return err
		}
		_, modules := sbom.Go(from.Name())
		components = append(append(components, sbom.Program(filepath.Base(program), s.Version, digest, "")), modules...)
	}
	return sbom.Write(layer.SBOMPath, supervisorLayer, components)
}

func (s Supervisor) writeScripts(layer *libcnb.Layer) error {
	for processType, text := range s.Scripts {
		if err := files.Write(Script(filepath.Dir(layer.Path), processType), strings.NewReader(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// setVariables sets the defaults for all process types, and for each sidecar's own what it has beside the app. They become files' names, so
// that only plain ones are set.
func (s Supervisor) setVariables(layer *libcnb.Layer) error {
	for name, value := range s.Env {
		if plan.PlainName(name) {
			layer.LaunchEnvironment.Default(name, value)
		}
	}
	for _, p := range s.Plans { // libjvm is to know it; see docs/proposals/libjvm-memory-reserved.md
		if reserved := p.Reserved(); reserved > 0 {
			layer.LaunchEnvironment.ProcessDefault(p.Type, "BPL_JVM_RESERVED_MEMORY", strconv.FormatInt(int64(reserved), 10))
		}
	}
	for _, own := range s.Own {
		_, env, err := own.Alone()
		if err != nil {
			return fmt.Errorf("sidecar %q: env: %w", own.Name, err)
		}
		for name, value := range env {
			if plan.PlainName(name) {
				layer.LaunchEnvironment.ProcessOverride(plan.Slug(own.Name), name, value)
			}
		}
	}
	return nil
}

// programs are what the layer has of the buildpack's bin.
func (s Supervisor) programs() []string {
	for _, p := range s.Plans {
		if slices.ContainsFunc(p.Processes(), plan.Process.NeedsHelper) {
			return []string{"bin/supervisor", "bin/supervisor-probe"}
		}
	}
	return []string{"bin/supervisor"}
}

func (s Supervisor) digest() (string, error) {
	var text bytes.Buffer
	described := struct{ Plans, Scripts, Env, Own, Version any }{s.Plans, s.Scripts, s.Env, s.Own, s.Version}
	if err := json.NewEncoder(&text).Encode(described); err != nil {
		return "", err
	}
	content := []io.Reader{&text}
	for _, program := range s.programs() {
		file, err := os.Open(filepath.Join(s.Buildpack, program))
		if err != nil {
			return "", err
		}
		defer file.Close()
		content = append(content, file)
	}
	return files.Digest(io.MultiReader(content...))
}
