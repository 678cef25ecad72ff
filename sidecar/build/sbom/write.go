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

// Write writes bills of materials as CycloneDX and as SPDX to the paths where the lifecycle looks for them: a layer's SBOMPath, or
// another of libcnb's. Both say the same at every build of the same. Name is what they are of. A component that is given twice is
// named once.
func Write(path func(libcnb.SBOMFormat) string, name string, components []Component) error {
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
	if err := os.WriteFile(path(libcnb.CycloneDXJSON), text.Bytes(), 0o644); err != nil {
		return err
	}
	document, err := json.MarshalIndent(asSPDX(name, text.Bytes(), all), "", "  ")
	if err != nil {
		return fmt.Errorf("writing the bill of materials of %q: %w", name, err)
	}
	return os.WriteFile(path(libcnb.SPDXJSON), document, 0o644)
}
