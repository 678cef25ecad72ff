package sbom

import (
	"crypto/sha256"
	"fmt"

	"github.com/spdx/tools-golang/spdx/v2/common"
	spdx "github.com/spdx/tools-golang/spdx/v2/v2_3"
)

// asSPDX makes a document whose namespace and time, which SPDX requires, depend on content alone: the time is that which
// the lifecycle gives every file of an image.
func asSPDX(name string, content []byte, all []Component) *spdx.Document {
	const nothing = "NOASSERTION"
	document := &spdx.Document{
		SPDXVersion:       spdx.Version,
		DataLicense:       spdx.DataLicense,
		SPDXIdentifier:    "DOCUMENT",
		DocumentName:      name,
		DocumentNamespace: fmt.Sprintf("https://github.com/sidecar-buildpack/sidecar/sbom/%x", sha256.Sum256(content)),
		CreationInfo: &spdx.CreationInfo{
			Creators: []common.Creator{{CreatorType: "Tool", Creator: "sidecar-buildpack"}},
			Created:  "1980-01-01T00:00:01Z",
		},
	}
	for i, c := range all {
		id := common.ElementID(fmt.Sprintf("Package-%d", i))
		p := &spdx.Package{
			PackageSPDXIdentifier:     id,
			PackageName:               c.Name,
			PackageVersion:            c.Version,
			PackageDownloadLocation:   nothing,
			PackageLicenseConcluded:   nothing,
			PackageLicenseDeclared:    nothing,
			PackageCopyrightText:      nothing,
			PrimaryPackagePurpose:     spdxPurposes[c.Kind],
			IsFilesAnalyzedTagPresent: true,
		}
		if c.SHA256 != "" {
			p.PackageChecksums = []common.Checksum{{Algorithm: common.SHA256, Value: c.SHA256}}
		}
		if c.PURL != "" {
			p.PackageExternalReferences = []*spdx.PackageExternalReference{{Category: "PACKAGE-MANAGER", RefType: "purl", Locator: c.PURL}}
		}
		document.Packages = append(document.Packages, p)
		document.Relationships = append(document.Relationships, &spdx.Relationship{
			RefA:         common.MakeDocElementID("", "DOCUMENT"),
			RefB:         common.MakeDocElementID("", string(id)),
			Relationship: common.TypeRelationshipDescribe,
		})
	}
	return document
}

var spdxPurposes = map[Kind]string{Application: "APPLICATION", Library: "LIBRARY", File: "FILE"}
