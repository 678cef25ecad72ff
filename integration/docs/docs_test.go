// Package docs_test runs the commands of the documentation, as a reader does who copies one block after the other.
package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

func TestMain(m *testing.M) { lab.Main(m) }

// TestCommands runs each page's blocks in one shell, in the repository's directory, and stops at the first command that fails.
func TestCommands(t *testing.T) {
	for _, page := range pages(t) {
		t.Run(strings.ReplaceAll(page, "/", ":"), func(t *testing.T) {
			blocks, err := read(lab.Path(page))
			if err != nil {
				t.Fatal(err)
			}
			script := script(blocks)
			for _, b := range blocks {
				if b.leftOut != "" {
					t.Logf("%s:%d isn't run here: %s", page, b.line, b.leftOut)
				}
			}
			if script == "" {
				return
			}
			lab.Require(t, lab.Packaged)
			if usesDocker.MatchString(script) {
				lab.Require(t, lab.Docker)
			}
			t.Cleanup(func() { remove(t, script) })
			file := filepath.Join(t.TempDir(), "script")
			if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
				t.Fatal(err)
			}
			path := lab.Path("build", "bin") + ":" + lab.Path("build", "lab", "bin") + ":" + os.Getenv("PATH")
			command := []string{"env", "PATH=" + path, "bash", "-x", "-euo", "pipefail", file}
			text, err := lab.Try(command...)
			if err != nil && lab.Unheard(text) {
				t.Log("Docker's daemon did not hear the lifecycle, so the page is begun again:", err)
				remove(t, script)
				_, err = lab.Try(command...)
			}
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

// pages returns the paths of all pages, from the repository's directory.
func pages(t *testing.T) (all []string) {
	t.Helper()
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md", "samples/*/README.md"} {
		found, err := filepath.Glob(lab.Path(pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, page := range found {
			all = append(all, strings.TrimPrefix(page, lab.Path()+"/"))
		}
	}
	return all
}

var (
	usesDocker = regexp.MustCompile(`(?m)\bdocker |\bpack build `)
	container  = regexp.MustCompile(`--name (\S+)`)
	image      = regexp.MustCompile(`\bpack build (\S+)`)
)

// remove removes the containers and images that a script makes, however far it came.
func remove(t *testing.T, script string) {
	for _, name := range container.FindAllStringSubmatch(script, -1) {
		_, _ = lab.Try("docker", "rm", "--force", "--volumes", name[1])
	}
	for _, name := range image.FindAllStringSubmatch(script, -1) {
		if _, err := lab.Try("docker", "image", "inspect", name[1]); err == nil {
			lab.Leave(t, name[1])
		}
	}
}
