package sidecar

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare/document"
)

// enabledVariable makes the buildpack take part though neither the app nor a binding declares sidecars: another buildpack may.
const enabledVariable = "BP_SIDECAR_ENABLED"

// buildVariables are all that a build reads.
var buildVariables = []string{declare.ApplicationVariable, declare.ConfigVariable, enabledVariable}

// unknown returns a warning of each variable in environ, which is os.Environ's, that was meant for a build and that none reads. Those of a
// launch are no mistake: some platforms have one environment for both.
func unknown(environ []string) (warnings []string) {
	for _, variable := range environ {
		name, value, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "BP_SIDECAR") && value != "" && !slices.Contains(buildVariables, name) {
			var problems document.Problems
			warnings = append(warnings, fmt.Sprintf("%s is set, but there is no such variable: %s", name, problems.Suggest(name, buildVariables)))
		}
	}
	slices.Sort(warnings)
	return warnings
}
