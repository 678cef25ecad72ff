package main

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// writeImage writes an OCI layout with one image: an index of those in the files, each for its own architecture.
func writeImage(dir string, files []string) error {
	unpacked, err := os.MkdirTemp("", "release-*") // an image is read from there when it is written
	if err != nil {
		return err
	}
	defer os.RemoveAll(unpacked)
	var index v1.ImageIndex = mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, file := range files {
		image, err := read(file, filepath.Join(unpacked, filepath.Base(file)))
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		image, config, err := asOCI(image)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: config.Platform()}})
	}
	_, err = layout.Write(dir, index)
	return err
}

// asOCI returns an image with OCI's media types in place of Docker's, which pack writes: an index has one kind.
func asOCI(docker v1.Image) (v1.Image, *v1.ConfigFile, error) {
	config, err := docker.ConfigFile()
	if err != nil {
		return nil, nil, err
	}
	layers, err := docker.Layers()
	if err != nil {
		return nil, nil, err
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	for _, layer := range layers {
		mediaType, err := layer.MediaType()
		if err != nil {
			return nil, nil, err
		}
		addendum := mutate.Addendum{Layer: layer, MediaType: types.OCILayer}
		if mediaType == types.DockerUncompressedLayer {
			addendum.MediaType = types.OCIUncompressedLayer
		}
		if image, err = mutate.Append(image, addendum); err != nil {
			return nil, nil, err
		}
	}
	image, err = mutate.ConfigFile(image, config)
	return image, config, err
}

// read returns the one image of a .cnb file, which is an OCI layout in a tar, and unpacks that into a directory.
func read(file, dir string) (v1.Image, error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	if err := unpack(file, dir); err != nil {
		return nil, err
	}
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		return nil, err
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, err
	}
	if len(manifest.Manifests) != 1 {
		return nil, fmt.Errorf("has %d images, not one", len(manifest.Manifests))
	}
	return index.Image(manifest.Manifests[0].Digest)
}

func unpack(file, dir string) error {
	archive, err := os.Open(file)
	if err != nil {
		return err
	}
	defer archive.Close()
	root, err := os.OpenRoot(dir) // nothing is written outside of it
	if err != nil {
		return err
	}
	for reader := tar.NewReader(archive); ; {
		header, err := reader.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case header.Typeflag != tar.TypeReg:
			continue
		}
		if err := write(root, filepath.Clean(header.Name), reader); err != nil {
			return err
		}
	}
}

func write(root *os.Root, name string, content io.Reader) error {
	name, err := filepath.Rel("/", filepath.Join("/", name))
	if err != nil {
		return err
	}
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	file, err := root.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close())
}
