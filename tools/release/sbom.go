package main

import (
	"debug/buildinfo"
	"io"
	"maps"
	"path/filepath"
	"slices"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// writeSBOM lists the modules in programs, as the linker has noted them in each.
func writeSBOM(out io.Writer, version string, programs []string) error {
	modules := map[string]cdx.Component{} // by purl
	needs := map[string][]string{}        // by program
	var applications []cdx.Component
	for _, program := range programs {
		info, err := buildinfo.ReadFile(program)
		if err != nil {
			return err
		}
		application := cdx.Component{BOMRef: filepath.Base(program), Type: cdx.ComponentTypeApplication, Name: filepath.Base(program),
			Version: version, PackageURL: purl(info.Main.Path, "v"+version)}
		applications = append(applications, application)
		modules[purl("stdlib", info.GoVersion)] = component("stdlib", info.GoVersion)
		needs[application.BOMRef] = append(needs[application.BOMRef], purl("stdlib", info.GoVersion))
		for _, module := range info.Deps {
			modules[purl(module.Path, module.Version)] = component(module.Path, module.Version)
			needs[application.BOMRef] = append(needs[application.BOMRef], purl(module.Path, module.Version))
		}
	}
	bom := cdx.NewBOM()
	bom.Metadata = &cdx.Metadata{Component: &cdx.Component{BOMRef: "release", Type: cdx.ComponentTypeApplication,
		Name: "sidecar-buildpack/sidecar", Version: version}}
	bom.Components = new(slices.Concat(applications, sorted(modules)))
	bom.Dependencies = dependencies(needs)
	return cdx.NewBOMEncoder(out, cdx.BOMFileFormatJSON).SetPretty(true).Encode(bom)
}

func purl(module, version string) string { return "pkg:golang/" + module + "@" + version }

func component(module, version string) cdx.Component {
	return cdx.Component{BOMRef: purl(module, version), Type: cdx.ComponentTypeLibrary, Name: module, Version: version,
		PackageURL: purl(module, version)}
}

func sorted(modules map[string]cdx.Component) (all []cdx.Component) {
	for _, key := range slices.Sorted(maps.Keys(modules)) {
		all = append(all, modules[key])
	}
	return all
}

func dependencies(needs map[string][]string) *[]cdx.Dependency {
	all := []cdx.Dependency{{Ref: "release", Dependencies: new(slices.Sorted(maps.Keys(needs)))}}
	for _, program := range slices.Sorted(maps.Keys(needs)) {
		slices.Sort(needs[program])
		all = append(all, cdx.Dependency{Ref: program, Dependencies: new(slices.Compact(needs[program]))})
	}
	return &all
}
