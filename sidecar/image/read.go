package image

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/daemon"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Read reads an image by its reference, or the first image of the OCI layout in a directory. A reference is looked for in the Docker
// daemon, and then in its registry.
func Read(ctx context.Context, reference string) (Image, error) {
	found, err := find(ctx, reference)
	if err != nil {
		return Image{}, err
	}
	config, err := found.ConfigFile()
	if err != nil {
		return Image{}, fmt.Errorf("%s: %w", reference, err)
	}
	image, err := fromLabels(config.Config.Labels)
	if err != nil {
		return Image{}, fmt.Errorf("%s: %w", reference, err)
	}
	return image, nil
}

func find(ctx context.Context, reference string) (v1.Image, error) {
	if _, err := os.Stat(filepath.Join(reference, "oci-layout")); err == nil {
		return inLayout(reference)
	}
	ref, err := name.ParseReference(reference)
	if err != nil {
		return nil, fmt.Errorf("%q is neither an image's reference nor an OCI layout: %w", reference, err)
	}
	local, daemonErr := daemon.Image(ref, daemon.WithContext(ctx))
	if daemonErr == nil {
		return local, nil
	}
	remoteImage, err := remote.Image(ref, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain))
	if err != nil {
		return nil, fmt.Errorf("image %s cannot be read: the daemon says: %w; the registry says: %w", reference, daemonErr, err)
	}
	return remoteImage, nil
}

func inLayout(dir string) (v1.Image, error) {
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		return nil, err
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, err
	}
	if len(manifest.Manifests) == 0 {
		return nil, fmt.Errorf("the OCI layout %s holds no image", dir)
	}
	return index.Image(manifest.Manifests[0].Digest)
}
