package integration_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

// testRefused shows what a user reads where there is nothing to build, or nothing that can be.
func testRefused(t *testing.T, when spec.G, it spec.S) {
	Expect := NewWithT(t).Expect

	it("tells what to add where nothing is declared", func() {
		Expect(lab.Refuse(t, lab.Files{"app": lab.Child})).To(And(
			haveLine("Sidecar Buildpack: no sidecars are declared: there is neither a sidecar.toml nor a manifest.yml with sidecars. "+
				"Add one of them, name another file with BP_SIDECAR_CONFIG, bring a binding of type sidecar"),
			haveLine("fail: sidecar-buildpack/sidecar@")))
	})

	it("tells all that is wrong with a declaration", func() {
		wrong := "[[sidecars]]\nname = \"config\"\ncomand = [\"./child\"]\nmemory = 64\n[[sidecars]]\nname = \"agent\"\n"
		Expect(lab.Refuse(t, lab.Files{"app": lab.Child, "child": lab.Child, "sidecar.toml": wrong})).To(And(
			haveLine(`sidecar.toml:4:10: sidecar "config": memory is 64: write a number and a unit in quotes, such as "64M" (`),
			haveLine(`sidecar.toml:3:1: sidecar "config": unknown key comand: did you mean command?`),
			haveLine(`sidecar.toml:5:3: sidecar "agent": command is missing: write what to run, such as ["./config-server", "--quiet"]`)))
	})

	it("tells which process types there are where one is unknown", func() {
		misspelt := bystander + `process-types = ["web", "wroker"]`
		Expect(lab.Refuse(t, lab.Files{"app": lab.Child, "child": lab.Child, "sidecar.toml": misspelt})).To(haveLine(
			`sidecar.toml: sidecar "bystander" is for the process type "wroker", which no buildpack before this one defines; they define web. `))
	})

	it("tells which binary is missing", func() {
		Expect(lab.Refuse(t, lab.Files{"app": lab.Child, "sidecar.toml": bystander})).To(haveLine(
			`sidecar.toml: sidecar "bystander": command: the app has no "child": check the name, and whether an earlier buildpack has removed it`))
	})

	it("takes no file from outside the app's directory", func() {
		for declaration, problem := range map[string]string{
			"[[sidecars]]\nname = \"x\"\ncommand = [\"../../bin/cat\"]\n": `sidecar.toml: sidecar "x": command: "../../bin/cat" leads to ` +
				"/bin/cat, outside the app's directory: name a file in the app, or one of the image by its absolute path",
			bystander + `files = ["../../etc/passwd"]`: `sidecar.toml:4:10: sidecar "bystander": files[0] is "../../etc/passwd": ` +
				"write a path inside the app's directory, relative to it, without ..",
		} {
			Expect(lab.Refuse(t, lab.Files{"app": lab.Child, "child": lab.Child, "sidecar.toml": declaration})).To(haveLine(problem))
		}
	})

	it("follows no symbolic link out of the app's directory", func() {
		dir := lab.Make(t, lab.Files{"app": lab.Child, "sidecar.toml": bystander})
		Expect(os.Symlink("../../etc/passwd", filepath.Join(dir, "child"))).To(Succeed())
		Expect(lab.Refuse(t, lab.At(dir))).To(haveLine(`sidecar.toml: sidecar "bystander": command: "child" is a symbolic link ` +
			"that leads out of the app's directory, to /etc/passwd: put the file itself there"))
	})
}

// haveLine matches a log with a line that begins like that, wherever it is indented.
func haveLine(beginning string) OmegaMatcher {
	return WithTransform(func(log string) []string {
		lines := strings.Split(log, "\n")
		for i := range lines {
			lines[i] = strings.TrimSpace(lines[i])
		}
		return lines
	}, ContainElement(HavePrefix(beginning)))
}
