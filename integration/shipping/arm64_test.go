package shipping_test

import (
	"debug/elf"
	"errors"
	"os/exec"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

func testARM64(t *testing.T, _ spec.G, it spec.S) {
	Expect := NewWithT(t).Expect
	bin := lab.Path("build", "platforms", "linux", "arm64", "bin")

	it("is made of programs for arm64, which need no libraries", func() {
		for _, name := range []string{"detect", "build", "supervisor", "supervisor-probe"} {
			program, err := elf.Open(filepath.Join(bin, name))
			Expect(err).NotTo(HaveOccurred())
			Expect(program.Machine).To(Equal(elf.EM_AARCH64), name)
			Expect(program.ImportedLibraries()).To(BeEmpty(), name)
			Expect(program.Close()).To(Succeed())
		}
	})

	it("has a supervisor that ends with the right code", func() {
		lab.Require(t, lab.Tool("qemu-aarch64", "Debian's package qemu-user"))
		for _, trial := range []struct {
			sidecar, app string
			code         int
		}{
			{"sleep 60", "true", 0},
			{"sleep 60", "exit 7", 7},
			{"exit 3", "sleep 60", 3},
		} {
			declaration := write(t, "sidecar.toml", "[[sidecars]]\nname = 'beside'\ncommand = ['sh', '-c', '%s']\n", trial.sidecar)
			plan := declaration + ".plan"
			lab.Must(t, "build/bin/sidecar", "plan", "--file", declaration, "--output", plan)
			supervisor := exec.Command("qemu-aarch64", filepath.Join(bin, "supervisor"), "run", "web", "--plan", plan, "--", "sh", "-c", trial.app)
			var exit *exec.ExitError
			if output, err := supervisor.CombinedOutput(); err != nil && !errors.As(err, &exit) {
				t.Fatalf("%v\n%s", err, output)
			}
			Expect(supervisor.ProcessState.ExitCode()).To(Equal(trial.code), "%+v", trial)
		}
	})
}
