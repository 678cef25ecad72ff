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
	sourcesKey     = "sources" // a list of tables with the keys below
	declarationKey = "declaration"
	originKey      = "origin"
	warningsKey    = "warnings"
	appKeysKey     = "app-keys"
	leftKey        = "left" // why something that was found isn't taken
)

// handOver is what the build is to know of what the app declares.
func handOver(sources []declare.Source, left string) map[string]any {
	var tables []map[string]any
	for _, s := range sources {
		tables = append(tables, map[string]any{
			declarationKey: s.Encode(), originKey: s.Origin, warningsKey: list(s.Warnings), appKeysKey: list(s.AppKeys),
		})
	}
	metadata := map[string]any{leftKey: left}
	if tables != nil {
		metadata[sourcesKey] = tables
	}
	return metadata
}

// handedOver reads what detect handed over.
func handedOver(plan libcnb.BuildpackPlan) (sources []declare.Source, left string, err error) {
	for _, entry := range plan.Entries {
		var ours bool
		if left, ours = entry.Metadata[leftKey].(string); !ours || entry.Name != planEntry {
			continue
		}
		tables, _ := entry.Metadata[sourcesKey].([]map[string]any)
		for _, table := range tables {
			origin, text := fmt.Sprint(table[originKey]), fmt.Sprint(table[declarationKey])
			declaration, err := declare.Decode(text, origin)
			if err != nil {
				return nil, "", err
			}
			sources = append(sources, declare.Source{
				Declaration: declaration, Origin: origin, Warnings: texts(table[warningsKey]), AppKeys: texts(table[appKeysKey]),
			})
		}
		return sources, left, nil
	}
	return nil, "", errors.New("the build plan holds no declaration of sidecars: another buildpack has taken its entry, " +
		planEntry + ": leave that one out")
}

// list is texts as TOML has them: nil can't be written.
func list(texts []string) []string { return append([]string{}, texts...) }

func texts(value any) []string {
	var texts []string
	values, _ := value.([]any)
	for _, v := range values {
		texts = append(texts, fmt.Sprint(v))
	}
	return texts
}
