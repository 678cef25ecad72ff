// Package recipes_test runs the recipes of docs/recipes with the software that they name, and counts what goes wrong without the sidecar
// buildpack.
package recipes_test

import (
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

// inFlight is how many requests are being answered when something happens.
const inFlight = 6

func TestMain(m *testing.M) { lab.Main(m) }

func TestRecipes(t *testing.T) {
	suite := lab.Suite("recipes", lab.Docker)
	suite("an agent", testAgent)
	suite("a heap dump", testHeapDump)
	suite("content from Git", testContent)
	suite("nginx and PHP-FPM", testNginxPHP)
	suite("PgBouncer", testPgBouncer)
	suite("a queue worker", testWorker)
	suite("cron", testCron)
	suite("TLS", testTLS)
	suite.Run(t)
}

// unhurried is the setting with which a stop may take as long as it does on a busy machine.
const unhurried = "BPL_SIDECAR_STOP_BUDGET_SECONDS=60"

// recipe returns a copy of a sample with more files, or with others in place of its own.
func recipe(t *testing.T, name string, others lab.Files) lab.App {
	t.Helper()
	files := lab.Files{}
	root := os.DirFS(lab.Path("samples", name))
	err := fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(root, path)
		files[path] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range others {
		files[path] = text
	}
	return lab.At(lab.Make(t, files))
}

// sample returns the text of a sample's file.
func sample(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(lab.Path("samples", path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// terminate has SIGTERM sent to the container, and waits for nothing.
func terminate(t *testing.T, c lab.Container) {
	t.Helper()
	lab.Must(t, "docker", "kill", "--signal", "TERM", c.Name)
}

// begun returns how many requests wait in the app for letGo: it makes a file in /tmp/begun for each.
func begun(c lab.Container) func() (int, error) {
	return func() (n int, err error) {
		text, err := lab.Try("docker", "exec", c.Name, "bash", "-c", "shopt -s nullglob; set -- /tmp/begun/*; echo $#")
		if err == nil {
			_, err = fmt.Sscan(text, &n)
		}
		return n, err
	}
}

// letGo lets the requests that wait be answered, where there still is a container.
func letGo(c lab.Container) { _, _ = lab.Try("docker", "exec", c.Name, "touch", "/tmp/go") }

// killings returns the lines that tell of processes that did not end in their time.
func killings(c lab.Container) []string {
	return slices.DeleteFunc(c.Lines(), func(line string) bool { return !strings.Contains(line, "killing") })
}
