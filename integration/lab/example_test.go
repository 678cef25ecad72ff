package lab_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

func TestMain(m *testing.M) { lab.Main(m) }

var t *testing.T // stands for what specs are given

// An app's texts are written as they are; programs are built first.
func ExampleFiles() {
	dir, err := lab.Files{"app": lab.Child, "config/settings.json": "{}"}.Make()
	if err != nil {
		fmt.Println(err)
	}
	for _, name := range []string{"app", "config/settings.json"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil {
			fmt.Println(info.Mode(), name)
		}
	}
	// Output:
	// -rwxr-xr-x app
	// -rw-r--r-- config/settings.json
}

// What several specs look at is built once, when the first of them needs it.
func ExampleShare() {
	ruby := lab.Share(lab.Sample("ruby"))
	commands, defaultType := ruby(t).Processes(t)
	fmt.Println(commands[defaultType])
}

// Other buildpacks, builders and settings are arguments of pack's.
func ExamplePack() {
	lab.Pack(t, lab.Sample("go"), "--buildpack", "from=builder", "--buildpack", lab.Path("my-buildpack"), "--buildpack", lab.Buildpack)
}

// What pack says of an app that can't be built.
func ExampleRefuse() {
	NewWithT(t).Expect(lab.Refuse(t, lab.Files{"app": lab.Child})).To(ContainSubstring("no sidecars are declared"))
}

// An app that has changed is built again under the same name.
func ExampleImage_Rebuild() {
	dir := lab.Make(t, lab.Sample("go"))
	image := lab.Build(t, lab.At(dir))
	_ = os.WriteFile(filepath.Join(dir, "page.html"), []byte("new"), 0o644)
	NewWithT(t).Expect(image.Rebuild(t).Log).To(ContainSubstring("Reusing cached layer"))
}

// Options of docker run come first, and the app's arguments behind "--".
func ExampleImage_Run() {
	image := lab.Build(t, lab.Files{"app": lab.Child})
	c := image.Run(t, "--read-only", "--env", "BPL_SIDECAR_LOG_LEVEL=debug", "--", "say", "done", "exit", "0")
	NewWithT(t).Expect(c.Ends()).To(BeZero())
	NewWithT(t).Expect(c).To(lab.Say("done"))
}

// A process of the container, as supervisor ps shows it.
func ExampleHave() {
	c := lab.Build(t, lab.Sample("go")).Run(t)
	NewWithT(t).Eventually(c).Should(lab.Have("config-server", And(HaveField("Health", "ready"), HaveField("Restarts", 0))))
}

// A program that is missing is named, with what it comes with.
func ExampleTool() {
	fmt.Println(lab.Tool("no-such-emulator", "the package qemu-user")())
	// Output: exec: "no-such-emulator": executable file not found in $PATH: it comes with the package qemu-user
}

// A test of something that not every machine has begins with that.
func ExampleRequire() {
	lab.Require(t, lab.Tool("bash", "every Linux distribution"))
}

// A command that may fail says all that it has to say.
func ExampleTry() {
	_, err := lab.Try("sh", "-c", "echo no luck; exit 3")
	fmt.Println(err)
	// Output:
	// sh -c echo no luck; exit 3: exit status 3
	// no luck
}

// A program of this repository, for another architecture.
func ExampleProgram() {
	path := lab.Program(t, "./cmd/supervisor", "GOARCH=arm64")
	lab.Must(t, "qemu-aarch64", path, "version")
}
