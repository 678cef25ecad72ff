package layer

import (
	"cmp"
	"path/filepath"
	"runtime"

	"github.com/buildpacks/libcnb/v2"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/binary"
)

// Target is the image that is built; platforms that don't say which build for their own machine.
func Target(ctx libcnb.BuildContext) binary.Target {
	return binary.Target{
		OS:     cmp.Or(ctx.TargetInfo.OS, "linux"),
		Arch:   cmp.Or(ctx.TargetInfo.Arch, runtime.GOARCH),
		Distro: ctx.TargetDistro.Name,
		Layers: filepath.Dir(ctx.Layers.Path),
		Root:   "/",
	}
}
