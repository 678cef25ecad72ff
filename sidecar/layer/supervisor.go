package layer

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/buildpacks/libcnb/v2"
	"github.com/paketo-buildpacks/libpak/v2"
	"github.com/paketo-buildpacks/libpak/v2/log"
	"github.com/paketo-buildpacks/libpak/v2/sherpa"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
	"github.com/sidecar-buildpack/sidecar/sidecar/probe"
)

// Supervisor packages the supervisor, its helper where a probe needs that, and what these read, and sets launch variables.
// It is made anew when any of these has changed, which a buildpack's version alone would not tell.
type Supervisor struct {
	Buildpack string            // the buildpack's directory, which has the programs in bin
	Plans     []plan.Plan       // one for each process type
	Scripts   map[string]string // what bash has to run first, by process type, for those that need it
	Env       map[string]string // defaults for the launch environment
	Logger    log.Logger
}

const supervisorLayer = "supervisor"

// Executable gives the path that the supervisor will have, in the image too, in the buildpack's layers directory.
func Executable(layers string) string {
	return filepath.Join(layers, supervisorLayer, "bin", "supervisor")
}

// Script gives the path that a process type's script will have, in the image too, in the buildpack's layers directory.
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
	contributor := libpak.NewLayerContributor("Supervisor", map[string]any{"content": digest}, libcnb.LayerTypes{Launch: true}, s.Logger)
	return contributor.Contribute(layer, func(layer *libcnb.Layer) error {
		for _, program := range s.programs() {
			to := filepath.Join(layer.Path, program)
			if err := sherpa.CopyFileFrom(filepath.Join(s.Buildpack, program), to); err != nil {
				return err
			}
		}
		for processType, text := range s.Scripts {
			to := Script(filepath.Dir(layer.Path), processType)
			if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(to, []byte(text), 0o644); err != nil {
				return err
			}
		}
		for name, value := range s.Env {
			layer.LaunchEnvironment.Default(name, value)
		}
		return plan.Write(filepath.Join(layer.Path, "plan.toml"), s.Plans...)
	})
}

// programs are what the layer has of the buildpack's bin.
func (s Supervisor) programs() []string {
	programs := []string{"bin/supervisor"}
	for _, p := range s.Plans {
		for _, process := range p.Processes() {
			for _, check := range []*probe.Probe{process.StartupProbe, process.ReadinessProbe, process.LivenessProbe} {
				if check != nil && check.Helper() {
					return append(programs, "bin/supervisor-probe")
				}
			}
		}
	}
	return programs
}

func (s Supervisor) digest() (string, error) {
	hash := sha256.New()
	if err := json.NewEncoder(hash).Encode(struct{ Plans, Scripts, Env any }{s.Plans, s.Scripts, s.Env}); err != nil {
		return "", err
	}
	for _, program := range s.programs() {
		content, err := os.ReadFile(filepath.Join(s.Buildpack, program))
		if err != nil {
			return "", err
		}
		hash.Write(content)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
