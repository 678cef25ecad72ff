package shipping_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

func testRegistry(t *testing.T, _ spec.G, it spec.S) {
	Expect := NewWithT(t).Expect
	crane := lab.Path("build", "lab", "bin", "crane")
	var repository string
	it.Before(func() {
		lab.Require(t, lab.Docker)
		lab.Must(t, lab.Path("scripts", "tools"), "crane", "release")
		repository = registry(t, crane) + "/" + lab.Name()
	})

	// builds builds the Go sample with the buildpack in the registry, named by its digest.
	builds := func() {
		t.Helper()
		digest := repository + "@" + lab.Must(t, crane, "digest", repository)
		t.Cleanup(func() { lab.Leave(t, digest) })
		Expect(commands(t, lab.Make(t, lab.Sample("go")), "--buildpack", "from=builder", "--buildpack", digest,
			"--pull-policy", "if-not-present")).To(HaveKeyWithValue("web", supervised))
	}
	manifest := func() string { return strings.Join(strings.Fields(lab.Must(t, crane, "manifest", repository)), "") }

	it("takes what pack publishes, and a build takes it from there", func() {
		// A copy, since pack writes into what it packs, which the docs' commands may do at the same time.
		platforms := filepath.Join(t.TempDir(), "platforms")
		Expect(os.CopyFS(platforms, os.DirFS(lab.Path("build", "platforms")))).To(Succeed())
		lab.Must(t, "pack", "buildpack", "package", repository, "--path", platforms, "--publish")
		Expect(manifest()).To(And(ContainSubstring(`"amd64"`), ContainSubstring(`"arm64"`)))
		builds()
	})

	it("takes a release's image, and a build takes it from there", func() {
		layout := filepath.Join(t.TempDir(), "layout")
		lab.Must(t, lab.Path("build", "lab", "bin", "release"), "image", layout,
			lab.Path("build", "sidecar-linux-amd64.cnb"), lab.Path("build", "sidecar-linux-arm64.cnb"))
		lab.Must(t, crane, "push", "--index", layout, repository)
		Expect(manifest()).To(And(ContainSubstring(`"amd64"`), ContainSubstring(`"arm64"`)))
		builds()
	})
}

var serving = regexp.MustCompile(`serving on port (\d+)`)

// registry starts a registry on a free port of the loopback interface and returns its address.
func registry(t *testing.T, crane string) string {
	t.Helper()
	program := exec.Command(crane, "registry", "serve", "--address", "127.0.0.1:0")
	program.Env = append(os.Environ(), "PORT=0")
	output, err := program.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = program.Process.Kill()
		_ = program.Wait()
	})
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if port := serving.FindStringSubmatch(lines.Text()); port != nil {
			go func() {
				for lines.Scan() { // so that it never waits for a reader
				}
			}()
			return "127.0.0.1:" + port[1]
		}
	}
	t.Fatal("the registry ended before it said on which port it is")
	return ""
}
