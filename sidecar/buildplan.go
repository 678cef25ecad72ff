package sidecar

import (
	"slices"

	"github.com/buildpacks/libcnb/v2"
)

// The build plan's entries by which buildpacks agree on who takes part. A buildpack behind this one brings sidecars by requiring
// planEntry, with the declaration as metadata; one before it by a layer, and provides and requires layerEntry. (What one requires, itself
// or one before it has to provide; what one provides, itself or one behind it has to require.)
const (
	planEntry  = "sidecar"
	layerEntry = "sidecar-layer"
)

// takePart returns that this buildpack takes part, with what the build is to know as metadata, which the build plan carries past
// buildpacks that replace the app's directory.
func takePart(found gathered) libcnb.DetectResult {
	return oneOf(buildPlan(append([]libcnb.BuildPlanRequire{{Name: planEntry, Metadata: handOver(found)}}, required(found)...)...))
}

// waitForOthers returns that this buildpack takes part if another brings sidecars.
func waitForOthers() libcnb.DetectResult {
	return oneOf(
		buildPlan(libcnb.BuildPlanRequire{Name: planEntry, Metadata: handOver(gathered{})}, libcnb.BuildPlanRequire{Name: layerEntry}),
		buildPlan())
}

// buildPlan returns a build plan that provides sidecars.
func buildPlan(requires ...libcnb.BuildPlanRequire) libcnb.BuildPlan {
	return libcnb.BuildPlan{Provides: []libcnb.BuildPlanProvide{{Name: planEntry}}, Requires: requires}
}

// oneOf passes with build plans of which the lifecycle takes the first that can be met.
func oneOf(plans ...libcnb.BuildPlan) libcnb.DetectResult {
	return libcnb.DetectResult{Pass: true, Plans: plans}
}

// required returns what the sidecars require of buildpacks before this one, each for the launch image.
func required(found gathered) (requires []libcnb.BuildPlanRequire) {
	var names []string
	for _, source := range found.sources() {
		for _, s := range source.Sidecars {
			names = append(names, s.Requires...)
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		requires = append(requires, libcnb.BuildPlanRequire{Name: name, Metadata: map[string]any{"launch": true}})
	}
	return requires
}
