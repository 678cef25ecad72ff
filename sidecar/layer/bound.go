package layer

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/buildpacks/libcnb/v2"
	"github.com/paketo-buildpacks/libpak/v2"
	"github.com/paketo-buildpacks/libpak/v2/log"

	"github.com/sidecar-buildpack/sidecar/sidecar/declare"
)

// Bound packages those of a binding's files that one sidecar names. Its other files, which may be secrets, stay out of the image.
type Bound struct {
	sidecar    string
	binding    string          // its directory
	keys       map[string]bool // of the files to copy, and whether a command names it, so that it may be run
	executable string          // the key of what the command runs, if it is among them
	logger     log.Logger
}

// NewBound gives a sidecar that a binding declares with the paths that its files will have in the image, and what contributes
// their layer; nil where it needs none of them. A file that isn't there, and a program that can't run in the image, is an error.
func NewBound(
	ctx libcnb.BuildContext, b libcnb.Binding, s declare.Sidecar, logger log.Logger,
) (declare.Sidecar, libpak.Contributable, error) {
	bound := Bound{sidecar: declare.Slug(s.Name), binding: b.Path, keys: map[string]bool{}, logger: logger}
	for _, file := range s.Files {
		key := filepath.Clean(file)
		if _, ok := b.Secret[key]; !ok {
			return s, nil, missing(b, s, "files", file)
		}
		bound.keys[key] = false
	}
	settled := bound.settle(b, s, filepath.Join(ctx.Layers.Path, bound.Name(), "files"))
	if program := settled.Command[0]; strings.Contains(program, "/") && !filepath.IsAbs(program) && len(s.Dependencies) == 0 {
		return s, nil, missing(b, s, "command", program)
	}
	if len(bound.keys) == 0 {
		return s, nil, nil
	}
	if settled.Command[0] != s.Command[0] {
		bound.executable = filepath.Base(s.Command[0])
		if err := check(s, filepath.Join(b.Path, bound.executable), Target(ctx), logger); err != nil {
			return s, nil, err
		}
	}
	return settled, bound, nil
}

// ownFile finds ./KEY wherever it stands in a command's word, with what is before it and a slash behind, which makes it a directory.
// What a key has is a matter of https://github.com/servicebinding/spec.
var ownFile = regexp.MustCompile(`(^|[^-./\w])\./([-.\w]+)(/?)`)

// settle gives the sidecar with the path in dir for every file of the binding that its commands name, and adds those to the keys.
func (b Bound) settle(binding libcnb.Binding, s declare.Sidecar, dir string) declare.Sidecar {
	s.Files = nil
	return s.WithCommands(func(argv []string) []string {
		settled := slices.Clone(argv)
		for i, word := range argv {
			settled[i] = ownFile.ReplaceAllStringFunc(word, func(found string) string {
				parts := ownFile.FindStringSubmatch(found)
				if _, ok := binding.Secret[parts[2]]; !ok || parts[3] != "" {
					return found
				}
				b.keys[parts[2]] = true
				return parts[1] + filepath.Join(dir, parts[2])
			})
		}
		return settled
	})
}

func missing(b libcnb.Binding, s declare.Sidecar, where, path string) error {
	return fmt.Errorf("sidecar %q: %s: the binding has no key %q: add it, or name one of %s, or a program of the image by its absolute path",
		s.Name, where, filepath.Clean(path), strings.Join(slices.Sorted(maps.Keys(b.Secret)), ", "))
}

// Name is the layer's name: the sidecar's, slugged.
func (b Bound) Name() string { return b.sidecar }

// Contribute fills the layer where its content has changed since the last build.
func (b Bound) Contribute(layer *libcnb.Layer) error {
	root, err := os.OpenRoot(b.binding)
	if err != nil {
		return b.failed(err)
	}
	defer root.Close()
	digest, err := b.digest(root)
	if err != nil {
		return b.failed(err)
	}
	contributor := libpak.NewLayerContributor(b.sidecar, map[string]any{"content": digest}, libcnb.LayerTypes{Launch: true}, b.logger)
	err = contributor.Contribute(layer, func(layer *libcnb.Layer) error {
		dir := filepath.Join(layer.Path, "files")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		for _, key := range slices.Sorted(maps.Keys(b.keys)) {
			b.logger.Body(key)
			if err := b.copy(root, key, filepath.Join(dir, key)); err != nil {
				return err
			}
		}
		return describe(*layer, b.sidecar, dir, b.executable)
	})
	if err != nil {
		return b.failed(err)
	}
	return nil
}

// digest covers the name, mode and content of every file.
func (b Bound) digest(root *os.Root) (string, error) {
	hash := sha256.New()
	for _, key := range slices.Sorted(maps.Keys(b.keys)) {
		content := sha256.New()
		mode, err := b.read(root, key, content)
		if err != nil {
			return "", err
		}
		hash.Write(fmt.Appendf(nil, "%q %o ", key, mode))
		hash.Write(content.Sum(nil))
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

func (b Bound) copy(root *os.Root, key, to string) (err error) {
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	mode, err := b.read(root, key, out)
	if err != nil {
		return err
	}
	return out.Chmod(mode)
}

// read writes a file's content and gives the mode it is to have. Platforms mount bindings with links among their files, which are followed.
func (b Bound) read(root *os.Root, key string, to io.Writer) (fs.FileMode, error) {
	in, err := root.Open(key)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return 0, err
	}
	mode := info.Mode().Perm()
	if b.keys[key] {
		mode |= mode & 0o444 >> 2
	}
	_, err = io.Copy(to, in)
	return mode, err
}

func (b Bound) failed(err error) error {
	return fmt.Errorf("packaging the files of sidecar %q: %w", b.sidecar, err)
}
