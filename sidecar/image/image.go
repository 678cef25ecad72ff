// Package image reads what a built image says of its app and sidecars, from its labels alone: from a Docker daemon, a registry or an OCI
// layout.
package image

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/resolve"
)

// The labels that are read: ours, and the lifecycle's (buildpacks/spec, platform.md).
const (
	DeclarationLabel = "io.sidecar-buildpack.declaration"
	metadataLabel    = "io.buildpacks.build.metadata"
)

// Image is what an image says of itself.
type Image struct {
	Declaration declare.Declaration
	Processes   []Process
	Default     string // process type; empty where the image has none
}

// Process is a process type of an image.
type Process struct {
	Type       string
	Argv       []string // the whole command, the supervisor and its arguments among it
	WorkingDir string
}

// ErrNoSidecars says that an image was not built with this buildpack, or that its app declares no sidecars.
var ErrNoSidecars = errors.New("the image has no label " + DeclarationLabel + ": it was built without sidecars")

// fromLabels reads an image's labels.
func fromLabels(labels map[string]string) (Image, error) {
	text, there := labels[DeclarationLabel]
	if !there {
		return Image{}, ErrNoSidecars
	}
	declaration, err := declare.Decode(text, "label "+DeclarationLabel)
	if err != nil {
		return Image{}, err
	}
	var metadata struct {
		Processes []struct {
			Type       string
			Command    words
			Args       []string
			WorkingDir string `json:"working-dir"`
		}
		Default string `json:"buildpack-default-process-type"`
	}
	if err := json.Unmarshal([]byte(labels[metadataLabel]), &metadata); err != nil {
		return Image{}, fmt.Errorf("label %s: %w", metadataLabel, err)
	}
	image := Image{Declaration: declaration, Default: metadata.Default}
	for _, p := range metadata.Processes {
		image.Processes = append(image.Processes, Process{p.Type, append([]string(p.Command), p.Args...), p.WorkingDir})
	}
	return image, nil
}

// words is a command that older APIs of buildpacks have as one string.
type words []string

func (w *words) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*w = words{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(w))
}

// Types returns the image's process types, as resolve.For takes them.
func (i Image) Types() resolve.Image {
	types := resolve.Image{Default: i.Default}
	for _, p := range i.Processes {
		types.Types = append(types.Types, p.Type)
	}
	return types
}

// Process returns the image's process of a type; an empty one where there is none.
func (i Image) Process(processType string) Process {
	if at := slices.IndexFunc(i.Processes, func(p Process) bool { return p.Type == processType }); at >= 0 {
		return i.Processes[at]
	}
	return Process{}
}

// AppCommand returns the argv of a process type's app without the supervisor before it; nil where the type has no supervisor.
func (i Image) AppCommand(processType string) []string {
	argv := i.Process(processType).Argv
	if at := slices.Index(argv, "--"); at > 0 && slices.Contains(argv[:at], "run") {
		return argv[at+1:]
	}
	return nil
}
