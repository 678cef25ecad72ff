package process_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/process"
)

// TestWrappedStartsTheSame starts processes with the lifecycle's own launcher, as they were and wrapped, and compares
// what they see.
func TestWrappedStartsTheSame(t *testing.T) {
	launcher, err := filepath.Abs("../../../build/lab/bin/launcher")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	if _, err := os.Stat(launcher); err != nil {
		t.Skip("needs the lifecycle's launcher: scripts/tools launcher")
	}
	image := newImage(t, launcher)
	for name, test := range map[string]struct{ command, args, rest string }{
		"a script":                       {command: `show "$FROM_LAYER" '$QUOTED' "$FROM_APP"; show again`},
		"a script, elsewhere":            {command: "show", rest: `working-dir = "$HOME/else where"`},
		"a command with words to expand": {command: "show", args: `["$FROM_LAYER", "a b", "\"quoted\"", "$FROM_TYPE", "*"]`},
		"a command of a variable":        {command: "$SHOW", args: `["it's", "100%", "$FROM_APP"]`},
		"a direct command":               {command: "show", args: `["$FROM_LAYER", "a b"]`, rest: "direct = true"},
		"a direct command, elsewhere":    {command: "show", rest: "direct = true\nworking-dir = \"" + image.elsewhere + `"`},
		"a script that ends with a code": {command: "show; exit 7"},
	} {
		for _, userArgs := range [][]string{nil, {"$FROM_LAYER", "for you"}} {
			t.Run(name+" "+strings.Join(userArgs, " "), func(t *testing.T) {
				g := NewWithT(t)
				definition := "[[processes]]\ntype = \"web\"\ncommand = '''" + test.command + "'''\n" + test.rest + "\n"
				if test.args != "" {
					definition += "args = " + test.args + "\n"
				}
				before := image.launch(t, definition, userArgs)

				write(t, filepath.Join(image.layers, "lab_legacy", "launch.toml"), definition)
				processes, err := process.Read(image.layers, own)
				g.Expect(err).NotTo(HaveOccurred())
				write(t, image.script, processes[0].Script(image.app, image.supervisor))
				wrapped, err := process.Wrap(processes[0], image.supervisor, image.script)
				g.Expect(err).NotTo(HaveOccurred())
				text, err := toml.Marshal(map[string]any{"processes": []any{wrapped}})
				g.Expect(err).NotTo(HaveOccurred())

				g.Expect(before).NotTo(ContainSubstring("ERROR"), "the launcher itself failed")
				g.Expect(image.launch(t, string(text)+"direct = true\n", userArgs)).To(Equal(before))
			})
		}
	}
}

// image is what a launcher finds in an image.
type image struct{ launcher, layers, app, home, elsewhere, supervisor, script string }

func newImage(t *testing.T, launcher string) image {
	g := NewWithT(t)
	dir := t.TempDir()
	i := image{
		launcher: filepath.Join(dir, "web"),
		layers:   filepath.Join(dir, "layers"),
		app:      filepath.Join(dir, "my app"),
		home:     filepath.Join(dir, "home"),
	}
	i.elsewhere = filepath.Join(i.home, "else where")
	i.supervisor = filepath.Join(i.layers, own, "supervisor", "bin", "supervisor")
	i.script = filepath.Join(i.layers, own, "supervisor", "web.bash")
	g.Expect(os.Symlink(launcher, i.launcher)).To(Succeed())
	g.Expect(os.MkdirAll(i.elsewhere, 0o755)).To(Succeed())

	// Only what comes before the command is left out of what a supervisor does.
	write(t, i.supervisor, "#!/bin/bash\nwhile [[ $1 != -- ]]; do shift; done\nshift\nexec \"$@\"\n")
	tool := filepath.Join(i.layers, "lab_legacy", "tool")
	write(t, filepath.Join(tool, "bin", "show"),
		"#!/bin/bash\necho \"at: $PWD, profiles: $ORDER, $FROM_LAYER, $FROM_TYPE, $FROM_OTHER, $FROM_APP\"\nprintf '<%s>\\n' \"$@\"\n")
	for _, program := range []string{i.supervisor, filepath.Join(tool, "bin", "show")} {
		g.Expect(os.Chmod(program, 0o755)).To(Succeed())
	}
	write(t, filepath.Join(tool, "env.launch", "SHOW.override"), "show")
	write(t, filepath.Join(tool, "profile.d", "b.sh"), "export FROM_LAYER=\"of a  layer, with $1\" ORDER=${ORDER}b; cd /\n")
	write(t, filepath.Join(tool, "profile.d", ".a.sh"), "export ORDER=${ORDER}a\n")
	write(t, filepath.Join(tool, "profile.d", "web", "c.sh"), "export FROM_TYPE='of * type' ORDER=${ORDER}c\n")
	write(t, filepath.Join(tool, "profile.d", "task", "d.sh"), "export FROM_TYPE=wrong\n")
	after := filepath.Join(i.layers, "lab_after")
	write(t, filepath.Join(after, "Z", "profile.d", "e.sh"), "export FROM_OTHER=later ORDER=${ORDER}e; cd \"$HOME/../my app\"\n")
	write(t, filepath.Join(after, "y", "profile.d", "f.sh"), "export ORDER=${ORDER}f\n")
	write(t, filepath.Join(i.app, ".profile"), "export FROM_APP=\"of the app\" ORDER=${ORDER}g\n")
	write(t, filepath.Join(i.layers, "group.toml"),
		`group = [{id = "lab/legacy", api = "0.8"}, {id = "lab/after", api = "0.10"}, {id = "sidecar-buildpack/sidecar", api = "0.10"}]`)
	return i
}

// launch starts the process web of that definition, and gives what it writes and how it ends.
func (i image) launch(t *testing.T, definition string, args []string) string {
	t.Helper()
	buildpack := "lab/legacy"
	if strings.Contains(definition, i.supervisor) {
		buildpack = "sidecar-buildpack/sidecar"
	}
	write(t, filepath.Join(i.layers, "config", "metadata.toml"), definition+"buildpack-id = \""+buildpack+`"
[[buildpacks]]
api = "0.8"
id = "lab/legacy"
[[buildpacks]]
api = "0.10"
id = "lab/after"
[[buildpacks]]
api = "0.10"
id = "sidecar-buildpack/sidecar"
`)
	cmd := exec.Command(i.launcher, args...)
	cmd.Env = append(os.Environ(), "CNB_PLATFORM_API=0.14", "CNB_LAYERS_DIR="+i.layers, "CNB_APP_DIR="+i.app, "HOME="+i.home, "LC_ALL=C")
	out, _ := cmd.CombinedOutput()
	return string(out) + cmd.ProcessState.String()
}
