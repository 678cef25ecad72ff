package sbom_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/CycloneDX/cyclonedx-go"
	"github.com/buildpacks/libcnb/v2"
	. "github.com/onsi/gomega"
	spdx "github.com/spdx/tools-golang/spdx/v2/v2_3"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/sbom"
)

func TestProgram(t *testing.T) {
	expect := NewWithT(t).Expect
	expect(sbom.Program("agent", "1.2", "0a", "https://example.org/a?b=c&d")).To(Equal(sbom.Component{
		Kind: sbom.Application, Name: "agent", Version: "1.2", SHA256: "0a",
		PURL: "pkg:generic/agent@1.2?checksum=sha256%3A0a&download_url=https%3A%2F%2Fexample.org%2Fa%3Fb%3Dc%26d",
	}))
	expect(sbom.Program("agent", "", "0a", "").PURL).To(Equal("pkg:generic/agent?checksum=sha256%3A0a"))
}

func TestGo(t *testing.T) {
	path, err := os.Executable()
	expect := NewWithT(t).Expect
	expect(err).NotTo(HaveOccurred())
	_, modules := sbom.Go(path)
	standard := strings.TrimPrefix(runtime.Version(), "go")
	expect(modules).To(ContainElements(
		sbom.Component{Kind: sbom.Library, Name: "stdlib", Version: standard, PURL: "pkg:golang/stdlib@" + standard},
		HaveField("PURL", HavePrefix("pkg:golang/github.com/sidecar-buildpack/sidecar"))))
	_, modules = sbom.Go("sbom_test.go")
	expect(modules).To(BeEmpty())
}

func TestWrite(t *testing.T) {
	layer := libcnb.Layer{Name: "agent", Path: filepath.Join(t.TempDir(), "agent")}
	agent := sbom.Program("agent", "1.2", "0a", "")
	library := sbom.Component{Kind: sbom.Library, Name: "example.org/x", Version: "v1.0.0", PURL: "pkg:golang/example.org/x@v1.0.0"}
	configuration := sbom.Component{Kind: sbom.File, Name: "a.yml", SHA256: "0b"}
	expect := NewWithT(t).Expect
	write := func() (forms [2][]byte) {
		expect(sbom.Write(layer.SBOMPath, "My Agent", []sbom.Component{agent, library, configuration, library})).To(Succeed())
		for i, format := range []libcnb.SBOMFormat{libcnb.CycloneDXJSON, libcnb.SPDXJSON} {
			text, err := os.ReadFile(layer.SBOMPath(format))
			expect(err).NotTo(HaveOccurred())
			forms[i] = text
		}
		return forms
	}
	forms := write()
	expect(write()).To(Equal(forms), "the same at every build")

	var cdx cyclonedx.BOM
	expect(cyclonedx.NewBOMDecoder(bytes.NewReader(forms[0]), cyclonedx.BOMFileFormatJSON).Decode(&cdx)).To(Succeed())
	expect(cdx.Metadata.Component.Name).To(Equal("My Agent"))
	expect(*cdx.Components).To(HaveExactElements(
		And(HaveField("Name", "agent"), HaveField("Version", "1.2"), HaveField("PackageURL", agent.PURL),
			HaveField("Type", cyclonedx.ComponentTypeApplication),
			HaveField("Hashes", HaveValue(ConsistOf(cyclonedx.Hash{Algorithm: cyclonedx.HashAlgoSHA256, Value: "0a"})))),
		And(HaveField("PackageURL", library.PURL), HaveField("Type", cyclonedx.ComponentTypeLibrary), HaveField("Hashes", BeNil())),
		And(HaveField("Name", "a.yml"), HaveField("Type", cyclonedx.ComponentTypeFile))))

	var document spdx.Document
	expect(json.Unmarshal(forms[1], &document)).To(Succeed())
	expect(document).To(And(HaveField("SPDXVersion", "SPDX-2.3"), HaveField("DocumentName", "My Agent"),
		HaveField("Relationships", HaveLen(3))))
	expect(document.Packages).To(HaveExactElements(
		And(HaveField("PackageName", "agent"), HaveField("PackageVersion", "1.2"), HaveField("PrimaryPackagePurpose", "APPLICATION"),
			HaveField("PackageChecksums", ConsistOf(HaveField("Value", "0a")))),
		And(HaveField("PackageName", "example.org/x"), HaveField("PackageExternalReferences", ConsistOf(HaveField("Locator", library.PURL)))),
		HaveField("PrimaryPackagePurpose", "FILE")))
}
