package runtimes

import (
	"slices"
	"strconv"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// goMemLimit leaves a tenth to what Go's runtime doesn't count: the program itself, C's memory and what the kernel holds for it. The limit
// is a soft one, at which the garbage collector works harder; a container that is full before that kills.
func (p *process) goMemLimit(value string) (string, error) {
	if value != "" || p.share == 0 {
		return value, nil
	}
	return strconv.FormatInt(int64(p.share/10*9), 10), nil
}

// dotnetHeapHardLimit is by default 75 percent of the container's limit, and 20M at least.
func (p *process) dotnetHeapHardLimit(value string) (string, error) {
	given := slices.ContainsFunc(p.Env, func(s string) bool {
		return strings.HasPrefix(s, "DOTNET_GCHeapHardLimit") || strings.HasPrefix(s, "COMPlus_GCHeapHardLimit")
	})
	if given || p.share == 0 {
		return value, nil
	}
	return "0x" + strings.ToUpper(strconv.FormatInt(int64(max(p.share/4*3, 20*plan.M)), 16)), nil
}
