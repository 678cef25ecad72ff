// Package files is how the build writes, digests and lets run what it puts into an image.
package files

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Fill writes content to out, a new file, gives it the mode whatever the umask, and closes it.
func Fill(out *os.File, content io.Reader, mode fs.FileMode) (err error) {
	defer func() { err = errors.Join(err, out.Close()) }()
	if _, err := io.Copy(out, content); err != nil {
		return err
	}
	return out.Chmod(mode)
}

// Write makes path a new file with content and mode, and the directories that it needs.
func Write(path string, content io.Reader, mode fs.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return Fill(out, content, mode)
}

// Digest returns the SHA-256 of what is read, as hexadecimal digits.
func Digest(content io.Reader) (string, error) {
	hash := sha256.New()
	_, err := io.Copy(hash, content)
	return hex.EncodeToString(hash.Sum(nil)), err
}

// Readable returns a mode in which everyone may read what else its owner alone could. That is the build's user, and no container's.
func Readable(mode fs.FileMode) fs.FileMode {
	if mode&0o077 == 0 {
		return mode | 0o444
	}
	return mode
}

// Runnable returns a Readable mode in which everyone who may read a file may run it.
func Runnable(mode fs.FileMode) fs.FileMode {
	mode = Readable(mode)
	return mode | mode&0o444>>2
}

// MakeRunnable gives a file below root the run bits that zips and checkouts lose, and the read bits that a private umask left out.
func MakeRunnable(root *os.Root, path string) error {
	info, err := root.Stat(path)
	if err != nil {
		return err
	}
	mode := info.Mode().Perm()
	if Runnable(mode) == mode {
		return nil
	}
	return root.Chmod(path, Runnable(mode))
}
