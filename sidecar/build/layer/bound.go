package layer

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/buildpacks/libcnb/v2"
	"github.com/paketo-buildpacks/libpak/v2"
	"github.com/paketo-buildpacks/libpak/v2/log"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/files"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/reference"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/sbom"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/show"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// Bound packages those of a binding's files that one sidecar names. Its other files, which may be secrets, stay out of the image.
type Bound struct {
	sidecar string
	binding string          // its directory
	keys    map[string]bool // of the files to copy, and whether a command runs it
	start   string          // the key of what the command runs, if it is among them
	logger  log.Logger
}

// NewBound returns a sidecar that a binding declares with the paths that its files will have in the image, and what contributes
// their layer; nil where it needs none of them. A file that isn't there, and a program that can't run in the image, is an error.
func NewBound(
	ctx libcnb.BuildContext, b libcnb.Binding, s declare.Sidecar, logger log.Logger,
) (declare.Sidecar, libpak.Contributable, error) {
	bound := Bound{sidecar: plan.Slug(s.Name), binding: b.Path, keys: map[string]bool{}, logger: logger}
	var errs []error
	for _, file := range s.Files {
		key := filepath.Clean(file)
		if _, ok := b.Secret[key]; !ok {
			errs = append(errs, missing(b, s, "files", file))
		}
		bound.keys[key] = false
	}
	resolved := bound.resolve(b, s, filepath.Join(ctx.Layers.Path, bound.Name(), "files"))
	if program := resolved.Command[0]; strings.Contains(program, "/") && !filepath.IsAbs(program) && len(s.Dependencies) == 0 {
		errs = append(errs, missing(b, s, "command", program))
	}
	if err := errors.Join(errs...); err != nil || len(bound.keys) == 0 {
		return s, nil, err
	}
	if err := bound.contained(); err != nil {
		return s, nil, err
	}
	if resolved.Command[0] != s.Command[0] {
		bound.start = filepath.Base(s.Command[0])
		warning, err := checkProgram(s, s.Command[0], filepath.Join(b.Path, bound.start), Target(ctx))
		if err != nil {
			return s, nil, err
		}
		if warning != "" {
			Warn(logger, fmt.Sprintf("sidecar %q: command: %q %s", s.Name, s.Command[0], warning))
		}
	}
	return resolved, bound, nil
}

// resolve returns the sidecar with the path in dir for every file of the binding that its commands name, and adds those to the keys.
// What a key has is a matter of https://github.com/servicebinding/spec.
func (b Bound) resolve(binding libcnb.Binding, s declare.Sidecar, dir string) declare.Sidecar {
	s.Files = nil
	return s.WithCommands(func(argv []string) []string {
		return reference.Rewrite(argv, func(f reference.File) string {
			key, ok := strings.CutPrefix(f.Path, "./")
			if _, has := binding.Secret[key]; !ok || !has {
				return ""
			}
			b.keys[key] = b.keys[key] || runs(f, filepath.Join(b.binding, key))
			return filepath.Join(dir, key)
		})
	})
}

// contained returns an error where a link among the files leads out of the binding.
func (b Bound) contained() error {
	root, err := os.OpenRoot(b.binding)
	if err != nil {
		return b.failed(err)
	}
	defer root.Close()
	for _, key := range slices.Sorted(maps.Keys(b.keys)) {
		if _, err := root.Stat(key); err != nil {
			return fmt.Errorf("sidecar %q: the binding's %q can't be read: %w: put the file itself there, or a link to one in the binding",
				b.sidecar, key, show.Reason(err))
		}
	}
	return nil
}

func (b Bound) failed(err error) error {
	return fmt.Errorf("packaging the files of sidecar %q: %w", b.sidecar, err)
}

func missing(b libcnb.Binding, s declare.Sidecar, where, path string) error {
	return fmt.Errorf("sidecar %q: %s: the binding has no key %q: add it, or name one of %s, or a program of the image by its absolute path",
		s.Name, where, filepath.Clean(path), show.Text(strings.Join(slices.Sorted(maps.Keys(b.Secret)), ", ")))
}

// Name is the layer's name: the sidecar's, slugged.
func (b Bound) Name() string { return b.sidecar }

// Contribute fills the layer where its content has changed since the last build.
func (b Bound) Contribute(layer *libcnb.Layer) error {
	if err := b.contribute(layer); err != nil {
		return b.failed(err)
	}
	return nil
}

func (b Bound) contribute(layer *libcnb.Layer) error {
	root, err := os.OpenRoot(b.binding)
	if err != nil {
		return err
	}
	defer root.Close()
	digest, err := b.digest(root)
	if err != nil {
		return err
	}
	contributor := libpak.NewLayerContributor(b.sidecar, map[string]any{"content": digest}, libcnb.LayerTypes{Launch: true}, b.logger)
	return contributor.Contribute(layer, func(layer *libcnb.Layer) error {
		var components []sbom.Component
		for _, key := range slices.Sorted(maps.Keys(b.keys)) {
			b.logger.Body(show.Text(key))
			// A subdirectory, since bin, lib, env, profile.d and exec.d of a layer's own mean something to the launcher.
			to := filepath.Join(layer.Path, "files", key)
			if err := b.copy(root, key, to); err != nil {
				return err
			}
			name := ""
			if key == b.start {
				name = b.sidecar
			}
			found, err := sbom.Describe(to, key, name)
			if err != nil {
				return err
			}
			components = append(components, found...)
		}
		return sbom.Write(layer.SBOMPath, b.sidecar, components)
	})
}

// digest covers the name, mode and content of every file.
func (b Bound) digest(root *os.Root) (string, error) {
	hash := sha256.New()
	for _, key := range slices.Sorted(maps.Keys(b.keys)) {
		err := b.read(root, key, func(in *os.File, mode fs.FileMode) error {
			content, err := files.Digest(in)
			hash.Write(fmt.Appendf(nil, "%q %o %s ", key, mode, content))
			return err
		})
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

func (b Bound) copy(root *os.Root, key, to string) error {
	return b.read(root, key, func(in *os.File, mode fs.FileMode) error { return files.Write(to, in, mode) })
}

// read opens a file, and calls use with the mode that it is to have. Platforms mount bindings with links among their files, which are
// followed.
func (b Bound) read(root *os.Root, key string, use func(*os.File, fs.FileMode) error) error {
	in, err := root.Open(key)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	mode := files.Readable(info.Mode().Perm()) // Kubernetes mounts secrets with any
	if b.keys[key] {
		mode = files.Runnable(mode)
	}
	return use(in, mode)
}
