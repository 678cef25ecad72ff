package sidecar

import (
	"errors"
	"fmt"

	"github.com/buildpacks/libcnb/v2"

	"github.com/sidecar-buildpack/sidecar/sidecar/declare"
)

// The build plan's entry that hands over from detect to build, and the keys of its metadata.
const (
	planEntry      = "sidecar"
	declarationKey = "declaration"
	originKey      = "origin"
	warningsKey    = "warnings"
	leftKey        = "left" // why there is nothing to build
)

func found(s declare.Source) map[string]any {
	metadata := map[string]any{declarationKey: s.Encode(), originKey: s.Origin}
	if len(s.Warnings) > 0 {
		metadata[warningsKey] = s.Warnings
	}
	return metadata
}

func nothing(reason error) map[string]any { return map[string]any{leftKey: reason.Error()} }

// handedOver reads what detect found; where that leaves nothing to build it gives the reason.
func handedOver(plan libcnb.BuildpackPlan) (source declare.Source, left string, err error) {
	for _, entry := range plan.Entries {
		if left, ok := entry.Metadata[leftKey].(string); ok && entry.Name == planEntry {
			return declare.Source{}, left, nil
		}
		text, ok := entry.Metadata[declarationKey].(string)
		if !ok || entry.Name != planEntry {
			continue
		}
		source.Origin, _ = entry.Metadata[originKey].(string)
		warnings, _ := entry.Metadata[warningsKey].([]any)
		for _, w := range warnings {
			source.Warnings = append(source.Warnings, fmt.Sprint(w))
		}
		source.Declaration, err = declare.Decode(text, source.Origin)
		return source, "", err
	}
	return declare.Source{}, "", errors.New("the build plan holds no declaration of sidecars: another buildpack has taken its entry, " +
		planEntry + ": leave that one out")
}
