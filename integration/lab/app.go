package lab

import (
	"os"
	"path/filepath"
	"testing"
)

// An App is what pack can build: Files, a Sample, or what is At a path.
type App interface {
	// Make returns the path of a directory or a jar, and makes it where it isn't there yet.
	Make() (string, error)
}

// Make makes an app and returns its path.
func Make(t *testing.T, app App) string {
	t.Helper()
	path, err := app.Make()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Child is the package of a program that does what its arguments say, as an app or as a sidecar; web is what it does as an app.
const Child = "./integration/child"

// Files is a new directory's content by path. A text that is a package's path, such as Child, stands for the program that is built of it.
// Only programs and scripts can be run.
type Files map[string]string

// Make makes a directory.
func (all Files) Make() (string, error) {
	dir, err := newDir()
	if err != nil {
		return "", err
	}
	for name, text := range all {
		if err := write(filepath.Join(dir, name), text); err != nil {
			return "", err
		}
	}
	return dir, nil
}

func write(path, text string) error {
	content, isProgram, err := contentOf(text)
	if err != nil {
		return err
	}
	mode := os.FileMode(0o644)
	if isProgram {
		mode = 0o755
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, content, mode)
}

// Sample is the name of a sample, such as "ruby".
type Sample string

// Make makes the sample's directory or jar, as a newcomer does.
func (s Sample) Make() (string, error) {
	dir, err := newDir()
	if err != nil {
		return "", err
	}
	_, err = Try("samples/prepare", string(s), dir)
	if jar := filepath.Join(dir, "app.jar"); s == "java" {
		return jar, err
	}
	return dir, err
}

// At is the path of an app that is there.
type At string

// Make returns the path.
func (path At) Make() (string, error) { return string(path), nil }
