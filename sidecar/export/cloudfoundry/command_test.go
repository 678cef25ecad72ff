package cloudfoundry_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"go.yaml.in/yaml/v3"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/export/cloudfoundry"
)

// commandOf returns the command of a manifest's one sidecar.
func commandOf(t *testing.T, manifest string) string {
	t.Helper()
	var read struct {
		Applications []struct{ Sidecars []struct{ Command string } }
	}
	if err := yaml.Unmarshal([]byte(manifest), &read); err != nil {
		t.Fatal(err)
	}
	return read.Applications[0].Sidecars[0].Command
}

// ran returns what the command of an exported sidecar writes when bash runs it as Cloud Foundry does, its lines sorted.
func ran(t *testing.T, declared string) []string {
	t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("needs bash")
	}
	manifest, losses := exported(t, "[[sidecars]]\nname = \"agent\"\n"+declared)
	NewWithT(t).Expect(losses).To(BeEmpty())
	dir := t.TempDir()
	NewWithT(t).Expect(os.Mkdir(filepath.Join(dir, "conf"), 0o755)).To(Succeed())
	command := exec.Command(bash, "-c", commandOf(t, manifest))
	command.Dir, command.Env = dir, []string{"PATH=" + os.Getenv("PATH"), "HOST=h"}
	out, _ := command.Output() // whose end waits for what runs in the background, too; how it ends is the sidecar's own matter
	lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(string(out), dir, "")), "\n")
	slices.Sort(lines)
	return lines
}

func TestACommandDoesWhatTheSupervisorDoes(t *testing.T) {
	for name, c := range map[string]struct {
		declared string
		want     []string
	}{
		"variables that others refer to come first": {`command = ["printenv", "A"]
env = { A = "$(B)/x", B = "hello $(C)", C = "$(HOST)" }`, []string{"hello h/x"}},
		"a variable that adds to one of the app's": {`command = ["printenv", "HOST"]
env = { HOST = "$(HOST)/x" }`, []string{"h/x"}},
		"all of a text has them":  {`command = "echo a $T & echo b $T"` + "\nenv = { T = \"1\" }", []string{"a 1", "b 1"}},
		"all of a text is there":  {`command = "pwd & pwd"` + "\nworking-dir = \"conf\"", []string{"/conf", "/conf"}},
		"no directory, no text":   {`command = "echo a; echo b"` + "\nworking-dir = \"none\"", []string{""}},
		"nor behind one that may": {`command = "false || echo b"` + "\nworking-dir = \"none\"", []string{""}},
		"references in a text for a shell": {`command = ["bash", "-c", "exec echo $(PORT) '$(HOST)' $$(echo in a shell)"]
env = { PORT = "$(HOST):9000" }`, []string{"h:9000 h in a shell"}},
		"a command of words": {`command = ["printf", "<%s>", "a b", "$(HOST)", "it's $$(HOST)"]`, []string{"<a b><h><it's $(HOST)>"}},
	} {
		t.Run(name, func(t *testing.T) {
			NewWithT(t).Expect(ran(t, c.declared)).To(Equal(c.want))
		})
	}
}

func TestWhatCfPushWouldFillInIsRefused(t *testing.T) {
	for problem, app := range map[string]cloudfoundry.App{
		`sidecar "a": cf push fills in ((i)): write it otherwise, or put the command into a script`: {
			Declaration: declare.Declaration{Sidecars: []declare.Sidecar{{Name: "a", Command: declare.Command{"echo", "((i))"}}}}},
		`sidecar "((a))": cf push fills in ((a)): write it otherwise, or put the command into a script`: {
			Declaration: declare.Declaration{Sidecars: []declare.Sidecar{{Name: "((a))", Command: declare.Command{"a"}}}}},
		`the app: cf push fills in ((!x)): write it otherwise, or put the command into a script`: {
			Command: []string{"bash", "-c", "echo $((!x))"}},
	} {
		_, _, err := cloudfoundry.YAML(app)
		NewWithT(t).Expect(err).To(MatchError(problem))
	}
}
