package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

const two = `
[[sidecars]]
name = "agent"
command = "./agent"
working-dir = "conf"

[[sidecars]]
name = "proxy"
command = "./proxy"
process-types = ["web", "worker"]
`

// sidecar runs the command on a file in a directory of its own.
func sidecar(t *testing.T, file, text string, args ...string) (code int, stdout, stderr, dir string) {
	t.Helper()
	dir = t.TempDir()
	t.Chdir(dir)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	code = run(args, &out, &errs)
	return code, out.String(), errs.String(), dir
}

func TestPlanWritesWhatTheSupervisorReads(t *testing.T) {
	expect := NewWithT(t).Expect
	code, stdout, stderr, dir := sidecar(t, "sidecar.toml", two, "plan", "--file", "sidecar.toml", "--type", "web", "--output", "plan.toml")
	expect(stdout + stderr).To(BeEmpty())
	expect(code).To(Equal(0))
	p, err := plan.Read("plan.toml", "web")
	expect(err).NotTo(HaveOccurred())
	expect(p.Sidecars).To(HaveLen(2))
	expect(p.Sidecars[0].WorkingDir).To(Equal(filepath.Join(dir, "conf")))
	_, err = plan.Read("plan.toml", "worker")
	expect(err).To(MatchError(ContainSubstring("it has: web")))
}

func TestPlanPrintsEveryType(t *testing.T) {
	expect := NewWithT(t).Expect
	code, stdout, stderr, _ := sidecar(t, "sidecar.toml", two, "plan")
	expect(stderr).To(BeEmpty())
	expect(code).To(Equal(0))
	expect(os.WriteFile("plan.toml", []byte(stdout), 0o644)).To(Succeed())
	for processType, want := range map[string]int{"web": 2, "worker": 1} {
		p, err := plan.Read("plan.toml", processType)
		expect(err).NotTo(HaveOccurred())
		expect(p.Sidecars).To(HaveLen(want))
	}
}

func TestWhatIsSaid(t *testing.T) {
	const manifest = "applications: [{name: a, sidecars: [{name: x, command: x, process_types: [web], cmd: y}]}]"
	for _, c := range []struct {
		name           string
		file, text     string
		args           []string
		code           int
		stdout, stderr string
	}{
		{"right", "sidecar.toml", two, []string{"validate"}, 0, "sidecar.toml: 2 sidecars for web, worker: ok\n", ""},
		{"a manifest", "manifest.yml", manifest, []string{"validate", "--file", "manifest.yml"}, 0,
			"manifest.yml: 1 sidecar for web: ok\n",
			"warning: manifest.yml: For application 'a': Sidecar \"x\": Cloud Foundry drops the key cmd: " +
				"there are name, process_types, command, memory\n"},
		{"wrong", "sidecar.toml", "a = 1\nb = 2", []string{"validate"}, 1, "",
			"sidecar.toml: unknown key a: there are app, sidecars\nsidecar.toml: unknown key b: there are app, sidecars\n"},
		{"empty", "sidecar.toml", "", []string{"validate"}, 1, "", "sidecar.toml declares no sidecars\n"},
		{"no file", "x", "", []string{"plan"}, 1, "",
			"sidecar.toml can't be read: no such file or directory: name the declaration with --file\n"},
		{"no such type", "sidecar.toml", two, []string{"plan", "--type", "task"}, 1, "",
			"sidecar.toml has no sidecars for process type \"task\": it has some for web, worker\n"},
		{"nowhere to write", "sidecar.toml", two, []string{"plan", "--output", "no/plan.toml"}, 1, "",
			"open no/plan.toml: no such file or directory\n"},
		{"an unknown command", "x", "", []string{"plann"}, 2, "",
			"unknown command \"plann\" for \"sidecar\"\n\nDid you mean this?\n\tplan\n\nsee sidecar --help\n"},
		{"an unknown flag", "x", "", []string{"plan", "--fiel=x"}, 2, "", "unknown flag: --fiel\nsee sidecar plan --help\n"},
		{"an argument", "x", "", []string{"validate", "x"}, 2, "",
			"unknown command \"x\" for \"sidecar validate\"\nsee sidecar validate --help\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, stdout, stderr, _ := sidecar(t, c.file, c.text, c.args...)
			expect := NewWithT(t).Expect
			expect(stdout).To(Equal(c.stdout))
			expect(stderr).To(Equal(c.stderr))
			expect(code).To(Equal(c.code))
		})
	}
}
