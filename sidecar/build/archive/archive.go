// Package archive unpacks what programs are published in. Nothing that an archive says can lead out of the directory that
// it is unpacked to.
package archive

import (
	"archive/tar"
	"archive/zip"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/xi2/xz"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/files"
)

// plain reads a tar that isn't compressed.
func plain(r io.Reader) (io.Reader, error) { return r, nil }

// formats are how the tars are compressed whose names end like that.
var formats = map[string]func(io.Reader) (io.Reader, error){
	".tar":     plain,
	".tar.gz":  func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
	".tgz":     func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
	".tar.xz":  func(r io.Reader) (io.Reader, error) { return xz.NewReader(r, 0) },
	".txz":     func(r io.Reader) (io.Reader, error) { return xz.NewReader(r, 0) },
	".tar.bz2": func(r io.Reader) (io.Reader, error) { return bzip2.NewReader(r), nil },
	".tbz2":    func(r io.Reader) (io.Reader, error) { return bzip2.NewReader(r), nil },
}

const zipped = ".zip"

// Stem returns a file's name without what makes it that of an archive, and whether it is one that Unpack reads: a tar,
// compressed or not, or a zip. A jar isn't: it is used as it is.
func Stem(name string) (stem string, ok bool) {
	extension := extension(name)
	return name[:len(name)-len(extension)], extension != ""
}

func extension(name string) string {
	if strings.HasSuffix(name, zipped) {
		return zipped
	}
	for extension := range formats {
		if strings.HasSuffix(name, extension) {
			return extension
		}
	}
	return ""
}

// What an archive may unpack to, so that a small one can't fill the disk. A runtime such as a JDK has some thousand files and half a
// gigabyte.
var (
	mostBytes int64 = 4 << 30
	mostFiles       = 200_000
)

// errTooLarge refuses an archive that unpacks to more.
var errTooLarge = errors.New("it unpacks to more than 4 GiB or 200,000 files: " +
	"download an archive with less in it, or bring the files in the app and name them in files")

// Unpack unpacks file, an archive by its name, into dir. Everything in it can be read by everyone, and run by everyone if by
// its owner. What leads out of dir is an error; a file that is there already is replaced.
func Unpack(file *os.File, name, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	to := &unpacker{root, mostBytes, mostFiles}
	if extension(name) == zipped {
		err = to.zip(file)
	} else {
		err = to.tar(file, formats[extension(name)])
	}
	if err != nil {
		return fmt.Errorf("unpacking %s: %w", name, err)
	}
	return nil
}

// unpacker writes what an archive has, and through root never outside of its directory, whatever links there are.
type unpacker struct {
	root         *os.Root
	bytes        int64 // that may still be written
	filesAndDirs int   // that may still be made
}

func (u *unpacker) zip(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	all, err := zip.NewReader(file, info.Size())
	if err != nil {
		return err
	}
	for _, entry := range all.File {
		if err := u.zipped(entry); err != nil {
			return err
		}
	}
	return nil
}

func (u *unpacker) zipped(entry *zip.File) error {
	content, err := entry.Open()
	if err != nil {
		return err
	}
	defer content.Close()
	switch mode := entry.Mode(); {
	case mode.IsDir():
		return u.directory(entry.Name)
	case mode&fs.ModeSymlink != 0:
		target, err := io.ReadAll(io.LimitReader(content, 4096))
		if err != nil {
			return err
		}
		return u.symlink(entry.Name, string(target))
	default:
		return u.file(entry.Name, mode, content)
	}
}

func (u *unpacker) tar(file *os.File, decompress func(io.Reader) (io.Reader, error)) error {
	content, err := decompress(file)
	if err != nil {
		return err
	}
	entries := tar.NewReader(content)
	for {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := u.tarred(header, entries); err != nil {
			return err
		}
	}
}

func (u *unpacker) tarred(header *tar.Header, content io.Reader) error {
	switch header.Typeflag {
	case tar.TypeDir:
		return u.directory(header.Name)
	case tar.TypeReg:
		return u.file(header.Name, header.FileInfo().Mode(), content)
	case tar.TypeSymlink:
		return u.symlink(header.Name, header.Linkname)
	case tar.TypeLink:
		name, err := u.place(header.Name)
		if err != nil {
			return err
		}
		return u.root.Link(path.Clean(header.Linkname), name)
	case tar.TypeXGlobalHeader:
		return nil
	}
	return fmt.Errorf("%q is neither a file nor a directory nor a link", header.Name)
}

// place returns an entry's clean path, below a directory that is there, and free of what isn't a directory.
func (u *unpacker) place(name string) (string, error) {
	if u.filesAndDirs--; u.filesAndDirs < 0 {
		return "", errTooLarge
	}
	clean := path.Clean(name)
	if !filepath.IsLocal(clean) {
		return "", fmt.Errorf("%q leads out of the archive", name)
	}
	if err := u.root.MkdirAll(path.Dir(clean), 0o755); err != nil {
		return "", err
	}
	if info, err := u.root.Lstat(clean); err == nil && !info.IsDir() {
		return clean, u.root.Remove(clean)
	}
	return clean, nil
}

func (u *unpacker) directory(name string) error {
	clean, err := u.place(name)
	if err != nil {
		return err
	}
	return u.root.MkdirAll(clean, 0o755)
}

func (u *unpacker) file(name string, mode fs.FileMode, content io.Reader) error {
	clean, err := u.place(name)
	if err != nil {
		return err
	}
	perm := fs.FileMode(0o644)
	if mode&0o111 != 0 {
		perm = 0o755
	}
	out, err := u.root.OpenFile(clean, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	bounded := &io.LimitedReader{R: content, N: u.bytes + 1}
	if err := files.Fill(out, bounded, perm); err != nil {
		return err
	}
	if u.bytes = bounded.N - 1; u.bytes < 0 {
		return errTooLarge
	}
	return nil
}

// symlink makes a link where its target is in the archive, or may be in the image.
func (u *unpacker) symlink(name, target string) error {
	clean, err := u.place(name)
	if err != nil {
		return err
	}
	if !path.IsAbs(target) && !filepath.IsLocal(path.Join(path.Dir(clean), target)) {
		return fmt.Errorf("the link %q leads out of the archive, to %q", name, target)
	}
	return u.root.Symlink(target, clean)
}
