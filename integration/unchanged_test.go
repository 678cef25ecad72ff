package integration_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

// inspector is an app that writes all that it is given, and stays.
const inspector = `#!/bin/sh
env | sort
pwd
printf '<%s>\n' "$0" "$@"
echo inspected
exec sleep infinity
`

// kind is an app with a sidecar that finds what it needs as it does without an image.
type kind struct {
	files    lab.Files
	pack     []string // more arguments of pack, but for this buildpack
	says     string   // what shows that the sidecar has found all that it needs
	runnable string   // what has to be made runnable for that
}

func declare(name, command string) string {
	return "[[sidecars]]\nname = \"" + name + "\"\ncommand = " + command + "\n"
}

var kinds = map[string]kind{
	"a bash script with neighbours by its real path": {files: lab.Files{
		"agent/bin/agent":   "#!/bin/bash\nsource \"$(dirname \"$(readlink -f \"$0\")\")/../lib/say.sh\"\nsay found; exec sleep infinity\n",
		"agent/lib/say.sh":  "say() { echo \"$1\"; }\n",
		"app":               inspector,
		"sidecar.toml":      declare("agent", `["agent/bin/agent"]`),
		"agent/lib/more.sh": "",
	}, says: "found"},
	"Ruby with require_relative": {files: lab.Files{
		"bin/jobs":       "#!/usr/bin/env ruby\nrequire_relative '../config/jobs'\n$stdout.sync = true\nputs JOBS, __dir__\nsleep\n",
		"config/jobs.rb": "JOBS = 'ruby found'\n",
		"app.rb":         "$stdout.sync = true\nputs ENV.sort.map { |k, v| \"#{k}=#{v}\" }, Dir.pwd, ARGV.inspect, 'inspected'\nsleep\n",
		"sidecar.toml":   declare("jobs", `["bin/jobs"]`),
	}, says: "ruby found"},
	"Perl with a module beside it": {files: lab.Files{
		"tool.pl": "#!/usr/bin/perl\nuse Cwd 'abs_path'; BEGIN { push @INC, abs_path($0) =~ s{[^/]+$}{}r }\n" +
			"use Found; $| = 1; print Found::text(), \"\\n\"; sleep 1 while 1;\n",
		"Found.pm":     "package Found; sub text { 'perl found' } 1;\n",
		"app":          inspector,
		"sidecar.toml": declare("tool", `["./tool.pl"]`),
	}, says: "perl found"},
	"a program with a file beside its executable, as .NET's apphost": {files: lab.Files{
		"host/agent":              "./integration/testdata/beside",
		"host/agent.dll":          "apphost found",
		"host/runtimeconfig.json": "{}",
		"app":                     inspector,
		"sidecar.toml":            declare("agent", `["host/agent", "agent.dll"]`),
	}, says: "apphost found"},
	"a Go program with templates beside its executable": {files: lab.Files{
		"agent":               "./integration/testdata/beside",
		"templates/page.tmpl": "template found",
		"app":                 inspector,
		"sidecar.toml":        declare("agent", `["./agent", "templates/page.tmpl"]`) + "files = [\"templates\"]\n",
	}, says: "template found"},
	"app and sidecar sharing a script": {files: lab.Files{
		"app":          "#!/bin/sh\n. ./common.sh\n" + strings.TrimPrefix(inspector, "#!/bin/sh\n"),
		"common.sh":    "#!/bin/sh\necho common found\n",
		"agent":        "#!/bin/sh\n./common.sh\nexec sleep infinity\n",
		"sidecar.toml": declare("agent", `["./agent"]`) + "files = [\"common.sh\"]\n",
	}, says: "common found"},
	"two sidecars of one file": {files: lab.Files{
		"agent":        "#!/bin/sh\necho \"$1 found\"\nexec sleep infinity\n",
		"app":          inspector,
		"sidecar.toml": declare("agent", `["./agent", "one"]`) + declare("other", `["./agent", "two"]`),
	}, says: "one found"},
	"a program behind a link to its release": {files: lab.Files{
		"releases/1/bin/agent": "#!/bin/sh\necho \"$(readlink -f \"$0\") found\"\nexec sleep infinity\n",
		"app":                  inspector,
		"sidecar.toml":         declare("agent", `["current/bin/agent"]`),
	}, says: "/workspace/releases/1/bin/agent found"},
	"a directory of its own": {files: lab.Files{
		"agent/run":      "#!/bin/sh\ncat conf.txt\nexec sleep infinity\n",
		"agent/conf.txt": "conf found\n",
		"app":            inspector,
		"sidecar.toml":   declare("agent", `"./run"`) + "working-dir = \"agent\"\n",
	}, says: "conf found"},
	"a manifest whose command has lost its run bit": {files: lab.Files{
		"agent":        "#!/bin/sh\necho \"$1 found\"\nexec sleep infinity\n",
		"app":          inspector,
		"manifest.yml": "applications:\n- name: a\n  sidecars:\n  - {name: agent, process_types: [web], command: './agent ${PORT:-9100}'}\n",
	}, says: "9100 found", runnable: "agent"},
	"a default process that isn't called web": {files: lab.Files{
		"agent":        "#!/bin/sh\necho agent found\nexec sleep infinity\n",
		"app":          inspector,
		"sidecar.toml": declare("agent", `["./agent"]`),
	}, pack: []string{"--buildpack", "API"}, says: "agent found"},
	"an old API with profile.d and .profile": {files: lab.Files{
		"legacy.sh":    inspector,
		".profile":     "export FROM_PROFILE=too\n",
		"agent":        "#!/bin/sh\necho \"$LEGACY_PROFILE $FROM_PROFILE\"\nexec sleep infinity\n",
		"sidecar.toml": declare("agent", `["./agent"]`),
	}, says: "from profile.d too"},
	"an Ansible launch.yml": {files: lab.Files{
		"launch.yml":   "- hosts: all\n  tasks:\n  - shell: echo {{ x }}\n",
		"agent":        "#!/bin/sh\necho agent found\nexec sleep infinity\n",
		"app":          inspector,
		"sidecar.toml": declare("agent", `["./agent"]`),
	}, says: "agent found"},
	"a Kubernetes manifest.yml": {files: lab.Files{
		"manifest.yml": "apiVersion: v1\nkind: List\nitems: [{kind: Pod, spec: {sidecars: 1}}]\n",
		"agent":        "#!/bin/sh\necho agent found\nexec sleep infinity\n",
		"app":          inspector,
		"sidecar.toml": declare("agent", `["./agent"]`),
	}, says: "agent found"},
	"a Helm template as manifest.yml": {files: lab.Files{
		"manifest.yml": "applications:\n{{- range .Values.sidecars }}\n- {{ . }}\n{{- end }}\n",
		"agent":        "#!/bin/sh\necho agent found\nexec sleep infinity\n",
		"app":          inspector,
		"sidecar.toml": declare("agent", `["./agent"]`),
	}, says: "agent found"},
}

// testUnchanged builds the same app with this buildpack and without it, and finds no difference but that a sidecar runs.
func testUnchanged(t *testing.T, when spec.G, it spec.S) {
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		it("has no difference but ours: "+name, func() { compare(t, kinds[name], lab.Make(t, kinds[name].files)) })
	}

	it("has no difference but ours: a program with a library by $ORIGIN", func() {
		lab.Require(t, lab.Tool("gcc", "gcc"))
		app := lab.Make(t, lab.Files{
			"app": inspector, "sidecar.toml": declare("agent", `["bin/agent"]`), "src/lib.c": "char *text(void) { return \"library found\"; }\n",
			"src/main.c": "#include <stdio.h>\n#include <unistd.h>\nchar *text(void);\n" +
				"int main() { puts(text()); fflush(stdout); for (;;) pause(); }\n",
		})
		for _, dir := range []string{"bin", "lib"} {
			NewWithT(t).Expect(os.Mkdir(filepath.Join(app, dir), 0o755)).To(Succeed())
		}
		for _, args := range []string{
			"-shared -fPIC -o lib/libtext.so src/lib.c", "-o bin/agent src/main.c -Llib -ltext -Wl,-rpath,$ORIGIN/../lib",
		} {
			gcc := exec.Command("gcc", strings.Fields(args)...)
			gcc.Dir = app
			output, err := gcc.CombinedOutput()
			NewWithT(t).Expect(err).NotTo(HaveOccurred(), string(output))
		}
		compare(t, kind{says: "library found"}, app)
	})
}

func compare(t *testing.T, k kind, app string) {
	t.Helper()
	Expect, Eventually := NewWithT(t).Expect, NewWithT(t).Eventually
	if strings.Contains(k.files["sidecar.toml"], "current/") {
		Expect(os.Symlink("releases/1", filepath.Join(app, "current"))).To(Succeed())
	}
	if k.runnable != "" {
		Expect(os.Chmod(filepath.Join(app, k.runnable), 0o644)).To(Succeed())
	}
	with, without := []string{"--post-buildpack", lab.Buildpack}, []string(nil)
	if k.pack != nil {
		api := lab.Path("integration", "testdata", "api")
		with, without = []string{"--buildpack", api, "--buildpack", lab.Buildpack}, []string{"--buildpack", api}
	}
	ours := lab.Pack(t, lab.At(app), with...).Run(t, "--hostname", "here")
	plain := lab.Pack(t, lab.At(app), without...).Run(t, "--hostname", "here")
	Eventually(ours.Lines).Should(ContainElement(HaveSuffix(" | " + k.says)))
	for _, c := range []lab.Container{ours, plain} {
		Eventually(c.Lines).Should(ContainElement("inspected"))
	}
	Expect(apps(ours)).To(Equal(apps(plain)))
	before := tree(plain)
	if k.runnable != "" {
		before = strings.Replace(before, "/"+k.runnable+" 644 ", "/"+k.runnable+" 755 ", 1)
	}
	Expect(tree(ours)).To(Equal(before))
}

// apps returns the lines of the app, without the directory of the supervisor's layer in its PATH.
func apps(c lab.Container) (lines []string) {
	for _, line := range c.Lines() {
		if !strings.Contains(line, " | ") {
			lines = append(lines, strings.Replace(line, filepath.Dir(lab.Supervisor)+":", "", 1))
		}
	}
	return lines
}

// tree returns all of the app's files, with their modes, owners, sizes and links.
func tree(c lab.Container) string {
	return c.Exec("sh", "-c", "find /workspace -printf '%p %m %U %s %l\\n' | sort")
}
