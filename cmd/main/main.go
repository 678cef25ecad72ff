// The buildpack's bin/detect and bin/build: one program that goes by the name it is called by.
package main

import (
	"os"

	"github.com/buildpacks/libcnb/v2"
	"github.com/paketo-buildpacks/libpak/v2"
	"github.com/paketo-buildpacks/libpak/v2/log"
	"github.com/paketo-buildpacks/libpak/v2/utils"

	"github.com/sidecar-buildpack/sidecar/sidecar"
)

func main() {
	logger := log.NewPaketoLogger(os.Stdout)
	libpak.BuildpackMain(sidecar.NewDetect(logger), sidecar.NewBuild(logger),
		// The build lists the process types itself, with what they were before.
		libcnb.WithTOMLWriter(utils.NewTOMLWriter(utils.WithTOMLWriterLogger(log.NewDiscardLogger()))))
}
