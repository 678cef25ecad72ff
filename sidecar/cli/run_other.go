//go:build !linux

package cli

import (
	"fmt"
	"runtime"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func supervise(plan.Plan, string, []string) (int, error) {
	return 0, fmt.Errorf("sidecar run needs Linux: it uses process groups, signals and /proc as Linux has them, and this is %s: "+
		"run it in a container, or in the image that pack builds", runtime.GOOS)
}
