package layer

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// tree is some of the app's files and directories, as they are to be in a layer. All access to the app's directory goes
// through root, which no symbolic link leads out of.
type tree struct {
	finder
	root  *os.Root
	paths []string
}

// digest covers the path, mode and content of everything in t.
func (t tree) digest() (string, error) {
	hash := sha256.New()
	err := t.walk(func(path string, mode fs.FileMode) error {
		hash.Write(fmt.Appendf(nil, "%q %o ", path, mode))
		switch {
		case mode.IsRegular():
			content := sha256.New()
			err := t.read(path, content)
			hash.Write(content.Sum(nil))
			return err
		case mode&fs.ModeSymlink != 0:
			target, err := t.link(path)
			hash.Write(fmt.Appendf(nil, "%q", target))
			return err
		}
		return nil
	})
	return hex.EncodeToString(hash.Sum(nil)), err
}

// copy makes dir hold everything in t, at the paths it has in the app.
func (t tree) copy(dir string) error {
	return t.walk(func(path string, mode fs.FileMode) error {
		to := filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		switch {
		case mode.IsDir():
			return os.MkdirAll(to, mode.Perm()|0o700) // so that it can be filled
		case mode&fs.ModeSymlink != 0:
			target, err := t.link(path)
			if err != nil {
				return err
			}
			return os.Symlink(target, to)
		}
		return t.copyFile(path, to, mode.Perm())
	})
}

func (t tree) copyFile(path, to string, mode fs.FileMode) (err error) {
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if err := t.read(path, out); err != nil {
		return err
	}
	return out.Chmod(mode)
}

// leave puts links to dir, where copy has put what is in t, into the app where that was.
func (t tree) leave(dir string) error {
	for _, path := range t.paths {
		if err := t.remove(path); err != nil {
			return err
		}
		if err := t.root.Symlink(filepath.Join(dir, path), path); err != nil {
			return err
		}
	}
	return nil
}

// remove removes a file, or a directory with all that is in it, also where that may only be read.
func (t tree) remove(path string) error {
	err := fs.WalkDir(t.root.FS(), path, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return t.root.Chmod(path, 0o700)
	})
	if err != nil {
		return err
	}
	return t.root.RemoveAll(path)
}

// walk calls visit with every path in t, in an order that depends on nothing else, and the mode it is to have.
func (t tree) walk(visit func(path string, mode fs.FileMode) error) error {
	for _, start := range t.paths {
		err := fs.WalkDir(t.root.FS(), start, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			mode := info.Mode() & (fs.ModeType | fs.ModePerm)
			if !mode.IsRegular() && !mode.IsDir() && mode&fs.ModeSymlink == 0 {
				return fmt.Errorf("%s is neither a file nor a directory nor a link, and can't be in an image: leave it out", path)
			}
			return visit(path, mode)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (t tree) read(path string, to io.Writer) error {
	in, err := t.root.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	_, err = io.Copy(to, in)
	return err
}

// link gives what the symbolic link at path is to lead to from the layer: the same where that moves with it, else the
// absolute place. A link out of the app's directory, other than to a layer, is an error.
func (t tree) link(path string) (string, error) {
	target, err := t.root.Readlink(path)
	if err != nil {
		return "", err
	}
	place := target
	if !filepath.IsAbs(target) {
		place = filepath.Join(t.app, filepath.Dir(path), target)
	}
	if resolved, err := filepath.EvalSymlinks(place); err == nil {
		_, inApp := below(t.app, resolved)
		_, inLayers := below(t.layers, resolved)
		if !inApp && !inLayers {
			return "", fmt.Errorf("%s is a symbolic link that leads out of the app's directory, to %s: put the file itself there",
				path, resolved)
		}
	}
	for _, start := range t.paths {
		if _, in := below(filepath.Join(t.app, start), place); in {
			return target, nil
		}
	}
	return place, nil
}
