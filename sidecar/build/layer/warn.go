package layer

import (
	"github.com/heroku/color"
	"github.com/paketo-buildpacks/libpak/v2/log"
)

// Warn says what may be wrong, and doesn't end the build.
func Warn(logger log.Logger, warning string) {
	logger.Header(color.YellowString("Warning: ") + warning)
}
