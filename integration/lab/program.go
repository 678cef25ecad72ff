package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Program builds a package of this repository, such as Child, and returns the program's path. The program is static and for this machine;
// variables for the Go command, such as GOARCH=arm64, make another one. Each is built once in a run.
func Program(t *testing.T, pkg string, environment ...string) string {
	t.Helper()
	path, err := program(pkg, environment...)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var programs sync.Map // functions that build, by package and environment

func program(pkg string, environment ...string) (string, error) {
	key := fmt.Sprint(pkg, environment)
	build, _ := programs.LoadOrStore(key, sync.OnceValues(func() (string, error) {
		dir, err := newDir()
		if err != nil {
			return "", err
		}
		path := filepath.Join(dir, filepath.Base(pkg))
		_, err = Try(slices.Concat([]string{"env", "CGO_ENABLED=0"}, environment, []string{"go", "build", "-buildvcs=false", "-o", path, pkg})...)
		return path, err
	}))
	return build.(func() (string, error))()
}

// contentOf returns the text of a file in Files, and whether it can be run.
func contentOf(text string) (content []byte, isProgram bool, err error) {
	if !strings.HasPrefix(text, "./") || strings.Contains(text, "\n") {
		return []byte(text), strings.HasPrefix(text, "#!") || strings.HasPrefix(text, "\x7fELF"), nil
	}
	path, err := program(text)
	if err != nil {
		return nil, false, err
	}
	if content, err = os.ReadFile(path); err != nil {
		return nil, false, fmt.Errorf("the program of %s: %w", text, err)
	}
	return content, true, nil
}
