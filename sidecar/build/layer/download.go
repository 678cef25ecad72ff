package layer

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/buildpacks/libcnb/v2"
	"github.com/paketo-buildpacks/libpak/v2"
	"github.com/paketo-buildpacks/libpak/v2/log"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/archive"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/files"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/sbom"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/show"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// Download is a layer with what one sidecar's dependencies name, apart from its files of the app, so that a change of
// those downloads nothing again.
type Download struct {
	sidecar declare.Sidecar
	all     []declare.Dependency // those for the image's architecture
	app     string
	cache   libpak.DependencyCache
	logger  log.Logger

	dir   string            // where they are, once the layer is made
	found map[string]string // what words of the sidecar's commands name, by their paths below dir; "" for what is none of these
}

// NewDownloads returns a contributor for each sidecar that has dependencies for the image's architecture. A sidecar that has
// some, but none for it, is an error.
func NewDownloads(ctx libcnb.BuildContext, sidecars []declare.Sidecar, logger log.Logger) ([]*Download, error) {
	if !slices.ContainsFunc(sidecars, func(s declare.Sidecar) bool { return len(s.Dependencies) > 0 }) {
		return nil, nil
	}
	buildpack := ctx.Buildpack
	cache, err := libpak.NewDependencyCache(
		buildpack.Info.ID, buildpack.Info.Version, buildpack.Path, ctx.Platform.Bindings, discreet{logger})
	if err != nil {
		return nil, err
	}
	if err := checkMirrors(cache.DependencyMirrors); err != nil {
		return nil, err
	}
	var downloads []*Download
	var errs []error
	for _, s := range sidecars {
		all, err := forArch(s, Target(ctx).Arch)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: sidecar %q: dependencies: %w", s.Origin, s.Name, err))
		}
		if len(all) > 0 {
			downloads = append(downloads, &Download{sidecar: s, all: all, app: ctx.ApplicationPath, cache: cache, logger: logger})
		}
	}
	return downloads, errors.Join(errs...)
}

func forArch(s declare.Sidecar, arch string) ([]declare.Dependency, error) {
	var all []declare.Dependency
	var archs []string
	for _, d := range s.Dependencies {
		if d.Arch == "" || d.Arch == arch {
			all = append(all, d)
		}
		if d.Arch != "" {
			archs = append(archs, d.Arch)
		}
	}
	if len(archs) > 0 && !slices.Contains(archs, arch) {
		return nil, fmt.Errorf("the image is for %s, and they are for %s: add one with arch = %q", arch, strings.Join(archs, ", "), arch)
	}
	return all, nil
}

// checkMirrors reports what libpak would panic at: a mirror that is no URI. The form is libpak's, a URI alone or among
// arguments with commas between, such as mirror=https://…,skip-path=/a. It may hold a password, so that nothing of it is said.
func checkMirrors(mirrors map[string]string) error {
	for _, host := range slices.Sorted(maps.Keys(mirrors)) {
		if mirrors[host] == "" {
			continue
		}
		mirror := mirrors[host]
		for _, argument := range strings.Split(mirrors[host], ",") {
			name, value, named := strings.Cut(argument, "=")
			if named && name == "mirror" {
				mirror = value
			} else if !named && (strings.HasPrefix(argument, "https") || strings.HasPrefix(argument, "file")) {
				mirror = argument
			}
		}
		if text, err := url.PathUnescape(mirror); err == nil {
			mirror = text
		}
		if _, err := url.ParseRequestURI(mirror); err != nil {
			return fmt.Errorf("the dependency mirror for the host %q is no URI: write one that begins with https:// or file:// in "+
				"BP_DEPENDENCY_MIRROR, BP_DEPENDENCY_MIRROR_HOST or the binding of type dependency-mirror", host)
		}
	}
	return nil
}

// Name is the layer's name: the sidecar's, slugged, with a sign in it that no slug has.
func (d *Download) Name() string { return plan.Slug(d.sidecar.Name) + "+downloads" }

// Contribute downloads where something else is declared than at the last build, of which only the metadata is restored.
func (d *Download) Contribute(layer *libcnb.Layer) error {
	d.dir = filepath.Join(layer.Path, "downloads")
	d.found = d.restored(layer.Metadata)
	var sources []string
	for _, dependency := range d.all {
		sources = append(sources, strings.Join([]string{dependency.SHA256, show.URI(dependency.URI), dependency.Version}, " "))
	}
	expected := map[string]any{"dependencies": sources, "words": d.found}
	contributor := libpak.NewLayerContributor(d.Name(), expected, libcnb.LayerTypes{Launch: true}, d.logger)
	err := contributor.Contribute(layer, func(layer *libcnb.Layer) error {
		if err := d.fetchAll(); err != nil {
			return err
		}
		all, err := listFiles(d.dir)
		if err != nil {
			return err
		}
		if err := d.find(all); err != nil {
			return err
		}
		return sbom.Write(layer.SBOMPath, d.sidecar.Name, d.components(all))
	})
	if err != nil {
		return fmt.Errorf("%s: sidecar %q: dependencies: %w", d.sidecar.Origin, d.sidecar.Name, err)
	}
	layer.Metadata["words"] = d.found
	return nil
}

// restored returns what the last build found, of the words that the commands have now.
func (d *Download) restored(metadata map[string]any) map[string]string {
	before, _ := metadata["words"].(map[string]any)
	found := map[string]string{}
	for _, word := range d.words() {
		found[word], _ = before[word].(string)
	}
	return found
}

func (d *Download) fetchAll() error {
	temporary, err := os.MkdirTemp("", "sidecar")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary)
	d.cache.DownloadPath = temporary
	if err := os.MkdirAll(d.dir, 0o755); err != nil {
		return err
	}
	for _, dependency := range d.all {
		if err := d.fetch(dependency); err != nil {
			return err
		}
	}
	return nil
}

func (d *Download) fetch(dependency declare.Dependency) error {
	cache := d.cache
	if strings.HasPrefix(dependency.URI, "file:") { // what is here already has no mirror
		cache.DependencyMirrors = nil
	}
	file, err := cache.Artifact(libpak.BuildModuleDependency{
		ID: d.Name(), Name: d.sidecar.Name, Version: dependency.Version, URI: dependency.URI, Checksum: libpak.Checksum(dependency.SHA256),
	})
	if err != nil {
		return fmt.Errorf("%s: %s: check uri and sha256; where the build can't reach it, give the file by a binding of type dependency-mapping "+
			"or by BP_DEPENDENCY_MIRROR", dependency.URI, strings.ReplaceAll(err.Error(), "\n", ": "))
	}
	defer file.Close()
	if _, packed := archive.Stem(dependency.File()); packed {
		return archive.Unpack(file, dependency.File(), d.dir)
	}
	place := d.place(dependency)
	err = files.Write(filepath.Join(d.dir, place), file, 0o755)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s: there is another %q already: where each is for one architecture, say so with arch",
			show.URI(dependency.URI), place)
	}
	return err
}

// place returns a file's place below the directory of downloads. Where it is all that is downloaded, that is what the command names and
// the app doesn't have, whatever its URI calls it: that often has the architecture in it.
func (d *Download) place(dependency declare.Dependency) string {
	if len(d.all) == 1 {
		for _, word := range d.words() {
			if strings.Contains(word, "/") && !d.appHas(word) && kind.FindString(word) == kind.FindString(dependency.File()) {
				return path.Clean(word)
			}
		}
	}
	return dependency.File()
}

// kind is the end of a file's name that says what is in it. Those of programs end with a version or an architecture.
var kind = regexp.MustCompile(`\.[A-Za-z]+$`)

func (d *Download) components(all []file) []sbom.Component {
	var components []sbom.Component
	for _, dependency := range d.all {
		from := show.URI(dependency.URI)
		if strings.HasPrefix(from, "file:") { // a place in the build's container says nothing
			from = ""
		}
		name := plan.Slug(d.sidecar.Name)
		if len(d.all) > 1 {
			name, _ = archive.Stem(dependency.File())
		}
		components = append(components, sbom.Program(name, dependency.Version, dependency.SHA256, from))
	}
	for _, f := range all {
		if f.runs {
			_, modules := sbom.Go(filepath.Join(d.dir, f.path))
			components = append(components, modules...)
		}
	}
	return components
}
