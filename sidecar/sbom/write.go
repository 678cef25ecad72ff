package sbom

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"

	"github.com/CycloneDX/cyclonedx-go"
	"github.com/buildpacks/libcnb/v2"
)

// Write puts the bills of materials of a layer beside it, where the lifecycle looks for them, as CycloneDX and as SPDX. Both
// say the same at every build of the same. Name is whose layer it is. A component that is given twice is named once.
func Write(layer libcnb.Layer, name string, components []Component) error {
	var all []Component
	for _, c := range components {
		if !slices.Contains(all, c) {
			all = append(all, c)
		}
	}
	var text bytes.Buffer
	encoder := cyclonedx.NewBOMEncoder(&text, cyclonedx.BOMFileFormatJSON).SetPretty(true)
	if err := encoder.EncodeVersion(asCycloneDX(name, all), cyclonedx.SpecVersion1_5); err != nil {
		return fmt.Errorf("writing the bill of materials of %q: %w", name, err)
	}
	if err := os.WriteFile(layer.SBOMPath(libcnb.CycloneDXJSON), text.Bytes(), 0o644); err != nil {
		return err
	}
	document, err := json.MarshalIndent(asSPDX(name, text.Bytes(), all), "", "  ")
	if err != nil {
		return fmt.Errorf("writing the bill of materials of %q: %w", name, err)
	}
	return os.WriteFile(layer.SBOMPath(libcnb.SPDXJSON), document, 0o644)
}
