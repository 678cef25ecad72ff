package sidecar

import (
	"errors"
	"fmt"
	"maps"

	"github.com/BurntSushi/toml"
	"github.com/buildpacks/libcnb/v2"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
)

// The keys of the metadata with which detect hands over to build.
const (
	sourcesKey     = "sources" // a list of tables with the keys below
	declarationKey = "declaration"
	originKey      = "origin"
	warningsKey    = "warnings"
	appKeysKey     = "app-keys"
	skippedKey     = "skipped" // why something that was found isn't taken
	wrongKey       = "wrong"   // what is wrong with what was found, for the build to say
)

// handOver returns what the build is to know of what the app declares.
func handOver(found gathered) map[string]any {
	var tables []map[string]any
	for _, s := range found.app {
		tables = append(tables, map[string]any{
			declarationKey: redacted(s.Declaration).Encode(), originKey: s.Origin, warningsKey: list(s.Warnings), appKeysKey: list(s.AppKeys),
		})
	}
	metadata := map[string]any{skippedKey: found.skipped}
	if tables != nil {
		metadata[sourcesKey] = tables
	}
	if found.wrong != nil {
		metadata[wrongKey] = found.wrong.Error()
	}
	return metadata
}

// handedOver reads what detect handed over, and what other buildpacks declare in the build plan.
func handedOver(plan libcnb.BuildpackPlan) (found gathered, err error) {
	var errs []error
	entries := 0
	for _, entry := range plan.Entries {
		if entry.Name != planEntry {
			continue
		}
		entries++
		if skipped, ours := entry.Metadata[skippedKey].(string); ours {
			found.skipped = skipped
			errs = append(errs, found.fromDetect(entry.Metadata))
			continue
		}
		source, err := fromPlan(entry.Metadata)
		errs = append(errs, err)
		if len(source.Sidecars) > 0 {
			found.buildpacks = append(found.buildpacks, source)
		}
	}
	if entries == 0 {
		errs = append(errs, errors.New("the build plan holds no declaration of sidecars: another buildpack has taken its entry, "+
			planEntry+": leave that one out"))
	}
	return found, errors.Join(errs...)
}

func (g *gathered) fromDetect(metadata map[string]any) error {
	if wrong, ok := metadata[wrongKey].(string); ok {
		return errors.New(wrong)
	}
	tables, _ := metadata[sourcesKey].([]map[string]any)
	for _, table := range tables {
		origin, text := fmt.Sprint(table[originKey]), fmt.Sprint(table[declarationKey])
		declaration, err := declare.Decode(text, origin)
		if err != nil {
			return err
		}
		g.app = append(g.app, declare.Source{
			Declaration: declaration, Origin: origin, Warnings: texts(table[warningsKey]), AppKeys: texts(table[appKeysKey]),
		})
	}
	return nil
}

// fromPlan reads the declaration that another buildpack requires sidecars with. Its metadata may also say where a requirement is for.
func fromPlan(metadata map[string]any) (declare.Source, error) {
	const origin = "the build plan"
	declaration := maps.Clone(metadata)
	delete(declaration, "launch")
	delete(declaration, "build")
	text, err := toml.Marshal(declaration)
	if err != nil {
		return declare.Source{}, fmt.Errorf("%s: %w", origin, err)
	}
	source, err := declare.ParseSource(text, origin)
	source.Shared = true
	return source, err
}

// list returns texts as TOML has them: nil can't be written.
func list(texts []string) []string { return append([]string{}, texts...) }

func texts(value any) []string {
	var texts []string
	values, _ := value.([]any)
	for _, v := range values {
		texts = append(texts, fmt.Sprint(v))
	}
	return texts
}
