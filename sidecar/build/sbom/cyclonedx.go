package sbom

import "github.com/CycloneDX/cyclonedx-go"

// asCycloneDX leaves serial number and time out, so that the same layer has the same document.
func asCycloneDX(name string, all []Component) *cyclonedx.BOM {
	var components []cyclonedx.Component
	for _, c := range all {
		component := cyclonedx.Component{
			BOMRef:     c.PURL,
			Type:       cycloneDXTypes[c.Kind],
			Name:       c.Name,
			Version:    c.Version,
			PackageURL: c.PURL,
		}
		if c.SHA256 != "" {
			component.Hashes = &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoSHA256, Value: c.SHA256}}
		}
		components = append(components, component)
	}
	document := cyclonedx.NewBOM()
	document.Metadata = &cyclonedx.Metadata{Component: &cyclonedx.Component{Type: cyclonedx.ComponentTypeApplication, Name: name}}
	document.Components = &components
	return document
}

var cycloneDXTypes = map[Kind]cyclonedx.ComponentType{
	Application: cyclonedx.ComponentTypeApplication,
	Library:     cyclonedx.ComponentTypeLibrary,
	File:        cyclonedx.ComponentTypeFile,
}
