package integration_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/sclevine/spec"
)

// Images that several behaviours are shown on.
var (
	rubyImage     = shared(sample("ruby"))
	rubyTOMLImage = shared(sample("ruby-toml"))
	goImage       = shared(sample("go"), onTiny...)
	besideImage   = shared(beside.write)
	besideOnTiny  = shared(beside.write, onTiny...)
)

// beside is an app that does what the arguments of docker run say, with a sidecar that stops when told.
var beside = files{"app": "", "child": "", "sidecar.toml": bystander}

const bystander = `[[sidecars]]
name = "bystander"
command = ["./child", "say", "up", "serve", "3"]
`

// onBothImages has a behaviour shown on a run image with a shell and on one without.
func onBothImages(t *testing.T, when spec.G, it spec.S, behaviour string, show func(image)) {
	it(behaviour, func() { show(besideImage(t)) })
	when("there is no shell", func() {
		it(behaviour, func() { show(besideOnTiny(t)) })
	})
}

func childProgram() string { return filepath.Join(workspace, "child") }

// files are an app's, by their names, with their text; of those without text each is the child program.
type files map[string]string

// app makes a directory with these files.
func app(t *testing.T, all files) string {
	t.Helper()
	dir, err := all.write()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func (all files) write() (string, error) {
	dir, err := newDir()
	if err != nil {
		return "", err
	}
	for name, text := range all {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return "", err
		}
		content, mode := []byte(text), os.FileMode(0o644)
		if text == "" {
			if content, err = os.ReadFile(childProgram()); err != nil {
				return "", err
			}
			mode = 0o755
		}
		if err := os.WriteFile(path, content, mode); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// sample makes the app directory of a sample, as a newcomer does.
func sample(name string) func() (string, error) {
	return func() (string, error) {
		dir, err := newDir()
		if err != nil {
			return "", err
		}
		if output, err := exec.Command(filepath.Join(root, "samples", "prepare"), name, dir).CombinedOutput(); err != nil {
			return "", fmt.Errorf("samples/prepare %s: %w\n%s", name, err, output)
		}
		return dir, nil
	}
}

func newDir() (string, error) {
	dir, err := os.MkdirTemp(workspace, "app")
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o755) // as it will be in the image
}
