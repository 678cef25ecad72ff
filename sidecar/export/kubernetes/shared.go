package kubernetes

import (
	"path"
	"slices"
	"strings"

	core "k8s.io/api/core/v1"

	"github.com/sidecar-buildpack/sidecar/sidecar/export"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// temporary is a directory that each container has for itself, unless it is shared.
const temporary = "/tmp"

// sharedPaths returns the directories that all containers see: those that were asked for, and those that a sidecar with a container of its
// own says that it writes to. In one container all see them too.
func (e *exporter) sharedPaths() []string {
	shared := slices.Clone(e.options.Shared)
	for i, p := range e.app.Plan.Sidecars {
		if !e.shape.apart[i] || p.Sandbox == nil {
			continue
		}
		for _, written := range p.Sandbox.Write {
			if !path.IsAbs(written) {
				written = path.Join(p.WorkingDir, written)
			}
			if written = path.Clean(written); within(written, temporary) {
				continue
			}
			if within(written, export.Workspace) || within(written, layers) {
				e.losses.Add(p.Name, "sandbox.write", "%s: an empty directory lies over what the image has there", written)
			}
			shared = append(shared, written)
		}
	}
	for i := range shared {
		shared[i] = path.Clean(shared[i])
	}
	slices.Sort(shared)
	return slices.Compact(shared)
}

// layers is where the lifecycle puts what buildpacks bring.
const layers = "/layers"

func within(file, dir string) bool { return file == dir || strings.HasPrefix(file, dir+"/") }

// mountShared gives a container what all see, and a directory for temporary files.
func (e *exporter) mountShared(c *core.Container) {
	if !slices.Contains(e.shared, temporary) {
		name := label("tmp-" + c.Name)
		c.VolumeMounts = append(c.VolumeMounts, core.VolumeMount{Name: name, MountPath: temporary})
		e.volumes = append(e.volumes, emptyDir(name))
	}
	for _, dir := range e.shared {
		c.VolumeMounts = append(c.VolumeMounts, core.VolumeMount{Name: e.sharedVolume(dir), MountPath: dir})
	}
}

// sharedVolume makes a volume's name of a path: "shared-run-agent" of /run/agent.
func (e *exporter) sharedVolume(dir string) string {
	return e.named("shared"+plan.Slug("x" + dir)[1:], dir)
}
