package layer

import (
	"fmt"

	"github.com/paketo-buildpacks/libpak/v2/log"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/show"
)

// discreet is a logger for libpak's downloads, which writes URIs in full: those that bindings map to have secrets, too.
type discreet struct{ log.Logger }

func (d discreet) Bodyf(format string, a ...any)   { d.Body(fmt.Sprintf(format, a...)) }
func (d discreet) Headerf(format string, a ...any) { d.Header(fmt.Sprintf(format, a...)) }
func (d discreet) Debugf(format string, a ...any)  { d.Debug(fmt.Errorf(format, a...)) } // libpak wraps errors here

func (d discreet) Body(a ...any)   { d.Logger.Body(show.Redacted(fmt.Sprint(a...))) }
func (d discreet) Header(a ...any) { d.Logger.Header(show.Redacted(fmt.Sprint(a...))) }
func (d discreet) Debug(a ...any)  { d.Logger.Debug(show.Redacted(fmt.Sprint(a...))) }
