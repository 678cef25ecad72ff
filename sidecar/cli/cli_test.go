package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
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

const bash = "[[sidecars]]\nname = 'a'\ncommand = ['sh', 'x']\n"

// javaPlan is what is shown of such a sidecar before its memory.
const javaPlan = `web and 1 sidecar
  *    config-server  at once
  ` + "`" + `>@  web            when config-server has started

start, if all take as long as they may: web is started after 0s
  config-server  #                              started at 0s
  web            #                              started at 0s

stop, if none ends by itself: all is over after 9s of the budget's 9s
  web            ##########################     killed after 8s
  config-server                            ###  killed after 1s of its 5s
`

func javaSidecar(memory string) string {
	return `sidecars = [{name = "config-server", command = ["java", "-jar", "a.jar"], memory = "` + memory + `"}]`
}

// sidecar runs the command on a file in a directory of its own.
func sidecar(t *testing.T, file, text string, args ...string) (code int, stdout, stderr, dir string) {
	t.Helper()
	dir = t.TempDir()
	t.Chdir(dir)
	t.Setenv("LC_ALL", "C")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	code = Main(args, &out, &errs)
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
	code, stdout, stderr, _ := sidecar(t, "sidecar.toml", two, "plan", "--format", "toml")
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
		{"right", "sidecar.toml", bash, []string{"validate"}, 0, "sidecar.toml: 1 sidecar for web: ok\n", ""},
		{"for all", "sidecar.toml", bash + "process-types = ['*']\n", []string{"validate"}, 0,
			"sidecar.toml: 1 sidecar for every process type: ok\n", ""},
		{"a directory", "sidecar.toml", bash, []string{"validate", "."}, 0, "sidecar.toml: 1 sidecar for web: ok\n", ""},
		{"a manifest that the build would find", "manifest.yaml", manifest, []string{"validate"}, 0, "manifest.yaml: 1 sidecar for web: ok\n",
			"warning: manifest.yaml:1:86: For application 'a': Sidecar \"x\": Cloud Foundry drops the key cmd: " +
				"there are name, process_types, command, memory\n"},
		{"a launch.yml", "launch.yml", "processes: [{type: a, command: sh x, platforms: {cloudfoundry: {sidecar_for: [web]}}}]",
			[]string{"validate"}, 0, "launch.yml: 1 sidecar for web: ok\n", ""},
		{"a playbook", "launch.yml", "- hosts: all", []string{"validate"}, 1, "",
			"no sidecars are declared: there is neither a sidecar.toml nor a manifest.yml with sidecars in .: name the declaration with --file\n"},
		{"wrong dependencies", "x.toml", bash + "depends-on = { b = 'started' }", []string{"validate", "x.toml"}, 1, "",
			"x.toml:4:20: sidecar \"a\": depends-on.b names no sidecar: there are app, a\n"},
		{"a manifest", "manifest.yml", manifest, []string{"validate", "--file", "manifest.yml"}, 0,
			"manifest.yml: 1 sidecar for web: ok\n",
			"warning: manifest.yml:1:86: For application 'a': Sidecar \"x\": Cloud Foundry drops the key cmd: " +
				"there are name, process_types, command, memory\n"},
		{"wrong", "sidecar.toml", "a = 1\nb = 2", []string{"validate"}, 1, "",
			"sidecar.toml:1:1: unknown key a: there are app, sidecars\nsidecar.toml:2:1: unknown key b: there are app, sidecars\n"},
		{"empty", "sidecar.toml", "", []string{"validate"}, 1, "", "sidecar.toml declares no sidecars\n"},
		{"no file", "x", "", []string{"plan"}, 1, "",
			"no sidecars are declared: there is neither a sidecar.toml nor a manifest.yml with sidecars in .: name the declaration with --file\n"},
		{"no such file", "x", "", []string{"plan", "--file", "y.toml"}, 1, "",
			"y.toml can't be read: no such file or directory: name the declaration with --file\n"},
		{"no such type", "sidecar.toml", two, []string{"plan", "--type", "task"}, 1, "",
			"sidecar.toml has no sidecars for process type \"task\": it has some for web, worker\n"},
		{"nowhere to write", "sidecar.toml", two, []string{"plan", "--output", "no/plan.toml"}, 1, "",
			"writing plan no/plan.toml: open no/plan.toml: no such file or directory\n"},
		{"a Java sidecar's regions", "sidecar.toml", javaSidecar("256M"), []string{"plan", "--memory", "1G"}, 0,
			javaPlan + "\nmemory 1G\n  web            ######################         768M, 75%\n" +
				"  config-server  #######                        256M, 25%\n" +
				"                 its JVM: heap 52M, metaspace 64M, code cache 32M, 40 stacks of\n" +
				"                 512K, direct memory 10M, the JVM's own 77M\n", ""},
		{"a Java sidecar that is too small", "sidecar.toml", javaSidecar("64M"), []string{"plan", "--memory", "1G"}, 1,
			javaPlan + "\nmemory 1G\n  web            ###########################    960M, 94%\n" +
				"  config-server  ##                             64M, 6%\n",
			"memory: config-server: non-heap memory regions require 105813K, which leaves less than 16M of heap of the 64M available for " +
				"allocation (its own memory): 0 headroom, -XX:MaxDirectMemorySize=10M, -XX:MaxMetaspaceSize=16M, " +
				"-XX:ReservedCodeCacheSize=8M, -Xss512K * 40 threads, 50517K of the JVM's own: give it more, lower what is given, or set " +
				"BPL_SIDECAR_MEMORY_POLICY=warn\n"},
		{"no such form", "sidecar.toml", bash, []string{"plan", "--format", "xml"}, 2, "",
			"--format: \"xml\" is unknown: write text, toml, json or mermaid\nsee sidecar plan --help\n"},
		{"no such budget", "sidecar.toml", bash, []string{"plan", "--stop-budget-seconds", "0"}, 2, "",
			"--stop-budget-seconds: 0: write more than 0 and at most 86400\nsee sidecar plan --help\n"},
		{"its version", "x", "", []string{"version"}, 0, "sidecar development\n", ""},
		{"its version, by a flag", "x", "", []string{"--version"}, 0, "sidecar development\n", ""},
		{"an unknown command", "x", "", []string{"plann"}, 2, "",
			"unknown command \"plann\" for \"sidecar\"\n\nDid you mean this?\n\tplan\n\nsee sidecar --help\n"},
		{"an unknown flag", "x", "", []string{"plan", "--fiel=x"}, 2, "", "unknown flag: --fiel\nsee sidecar plan --help\n"},
		{"an argument too many", "x", "", []string{"validate", "x", "y"}, 2, "",
			"accepts at most 1 arg(s), received 2\nsee sidecar validate --help\n"},
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

func TestValidateLooksAtFiles(t *testing.T) {
	dir := t.TempDir()
	program, err := os.ReadFile("/proc/self/exe")
	expect := NewWithT(t).Expect
	expect(err).NotTo(HaveOccurred())
	for name, text := range map[string][]byte{
		"sidecar.toml": []byte(`
[[sidecars]]
name = "missing"
command = ["./nope"]
[[sidecars]]
name = "no slash"
command = ["cfg"]
[[sidecars]]
name = "outside"
command = ["../x"]
[[sidecars]]
name = "data"
command = ["./cfg"]
[[sidecars]]
name = "windows"
command = ["./crlf.sh"]
[[sidecars]]
name = "other machine"
command = ["./program"]
[[sidecars]]
name = "java"
command = ["java-of-another-buildpack", "-jar", "x.jar"]
`),
		"cfg": []byte("data"), "crlf.sh": []byte("#!/bin/sh\r\n"), "program": program,
	} {
		expect(os.WriteFile(filepath.Join(dir, name), text, 0o755)).To(Succeed())
	}
	other := map[string]string{"amd64": "arm64", "arm64": "amd64"}[runtime.GOARCH]
	var out, errs bytes.Buffer
	expect(Main([]string{"validate", dir, "--arch", other}, &out, &errs)).To(Equal(1))
	expect(out.String()).To(BeEmpty())
	expect(strings.Split(strings.TrimSpace(errs.String()), "\n")).To(ConsistOf(
		`warning: sidecar.toml: sidecar "missing": command: "nope" isn't in `+dir+": an earlier buildpack would have to make it",
		`warning: sidecar.toml: sidecar "no slash": command: "cfg" is not on the PATH, but the app has cfg: did you mean ./cfg?`,
		HavePrefix(`sidecar.toml: sidecar "outside": command: "../x" leads to `),
		HavePrefix(`sidecar.toml: sidecar "data": command: "./cfg" is neither a program nor a script that begins with #!`),
		HavePrefix(`sidecar.toml: sidecar "windows": command: "./crlf.sh" is a script with the line ends of Windows`),
		HavePrefix(`sidecar.toml: sidecar "other machine": command: "./program" is built for linux/`+runtime.GOARCH),
	))
}

func TestValidateForScripts(t *testing.T) {
	expect := NewWithT(t).Expect
	code, stdout, stderr, _ := sidecar(t, "sidecar.toml", bash, "validate", "--json")
	expect(stderr).To(BeEmpty())
	expect(code).To(Equal(0))
	expect(stdout).To(MatchJSON(`{"declaration": "sidecar.toml", "ok": true, "sidecars": 1, "processTypes": ["web"],
		"warnings": [], "errors": []}`))
	code, stdout, stderr, _ = sidecar(t, "sidecar.toml", "a = 1\nb = 2", "validate", "--json")
	expect(stderr).To(BeEmpty())
	expect(code).To(Equal(1))
	expect(stdout).To(MatchJSON(`{"declaration": "sidecar.toml", "ok": false, "sidecars": 0, "processTypes": [], "warnings": [], "errors": [
		"sidecar.toml:1:1: unknown key a: there are app, sidecars", "sidecar.toml:2:1: unknown key b: there are app, sidecars"]}`))
}

func TestAShellCompletesWhatThereIs(t *testing.T) {
	for asked, want := range map[string][]string{
		"explain sidecars.startup-probe.http": {"sidecars.startup-probe.http-get", "sidecars.startup-probe.http-get.port"},
		"export kubernetes --shape ":          {"auto", "one", "split"},
		"export kubernetes --kind Cr":         {"CronJob"},
		"export kubernetes --kubernetes 1.3":  {"1.30", "1.37"},
		"export kubernetes --fate ":           {"token", "restart-all"},
		"export kubernetes --output ":         {"yaml", "kustomize"},
		"plan --format ":                      {"text", "toml", "json", "mermaid"},
		"validate --arch ":                    {"amd64", "arm64"},
		"export ":                             {"cloudfoundry", "compose", "kubernetes"},
		"completion ":                         {"bash", "fish", "powershell", "zsh"},
	} {
		var out, errs bytes.Buffer
		g := NewWithT(t)
		g.Expect(Main(append([]string{"__complete"}, strings.Split(asked, " ")...), &out, &errs)).To(Equal(0), errs.String())
		for _, word := range want {
			g.Expect(out.String()).To(MatchRegexp(`(?m)^`+word+`(\t|$)`), asked)
		}
	}
}

func TestStandardInput(t *testing.T) {
	for text, want := range map[string]string{
		two: "stdin: 2 sidecars for web, worker: ok\n",
		"applications:\n- name: a\n  sidecars: [{name: x, command: x, process_types: [web]}]\n": "stdin.yml: 1 sidecar for web: ok\n",
	} {
		var out bytes.Buffer
		root := Command()
		root.SetArgs([]string{"validate", "-"})
		root.SetIn(strings.NewReader(text))
		root.SetOut(&out)
		expect := NewWithT(t).Expect
		expect(root.Execute()).To(Succeed())
		expect(out.String()).To(Equal(want))
	}
}

func TestPlanShowsTheOrderAndWritesTheFile(t *testing.T) {
	text := two + "depends-on = { app = 'started' }\n"
	expect := NewWithT(t).Expect
	code, stdout, stderr, _ := sidecar(t, "sidecar.toml", text, "plan", "--type", "web", "--memory", "1G", "--output", "plan.toml")
	expect(stderr).To(BeEmpty())
	expect(code).To(Equal(0))
	expect(stdout).To(HavePrefix("web and 2 sidecars\n  *      agent  at once\n  `>@    web    when agent has started\n" +
		"    `>*  proxy  when app has started\n"))
	p, err := plan.Read("plan.toml", "web")
	expect(err).NotTo(HaveOccurred())
	expect(p.Sidecars).To(HaveLen(2))
}

func TestExportNamesWhatIsLost(t *testing.T) {
	expect := NewWithT(t).Expect
	text := two + "memory = \"64M\"\nessential = false\n"
	code, stdout, stderr, _ := sidecar(t, "sidecar.toml", text,
		"export", "kubernetes", "--file", "sidecar.toml", "--image", "registry/team/Shop_Front:1@sha256:0", "--memory", "1G")
	expect(code).To(Equal(0))
	expect(stdout).To(And(ContainSubstring("# lost: proxy: restart: "), ContainSubstring("\n  name: shop-front\n"),
		ContainSubstring("memory: 960Mi")))
	expect(stderr).To(ContainSubstring("lost: proxy: restart: never: Kubernetes starts a native sidecar again whatever its exit\n"))

	code, _, stderr, _ = sidecar(t, "sidecar.toml", text,
		"export", "kubernetes", "--file", "sidecar.toml", "--image", "shop:1", "--strict", "--json")
	expect(code).To(Equal(1))
	expect(stderr).To(And(ContainSubstring(`"key": "max-restarts"`), HaveSuffix("3 losses, and --strict allows none\n")))
}

func TestExportSaysWhatItNeeds(t *testing.T) {
	for problem, args := range map[string][]string{
		"name the app's image with --image":                   {"export", "compose"},
		`--kubernetes: "1.12" is no version`:                  {"export", "kubernetes", "-f", "sidecar.toml", "-i", "a", "--kubernetes", "1.12"},
		`kind "Deploy" cannot be exported`:                    {"export", "kubernetes", "-f", "sidecar.toml", "-i", "a", "--kind", "Deploy"},
		`process type "task" has no sidecars`:                 {"export", "compose", "-f", "sidecar.toml", "-i", "a", "--type", "task"},
		`--memory: "1" is not an amount of memory`:            {"export", "compose", "-f", "sidecar.toml", "-i", "a", "--memory", "1"},
		`sidecar.toml is there already: replace it with`:      {"init"},
		`sidecar.toml is a file: name its directory, of `:     {"init", "sidecar.toml", "--output", "-"},
		`no key "memory?" (did you mean memory?), and `:       {"explain", "memory?"},
		`"A?" is neither an image's reference nor`:            {"explain", "A?"},
		"name the app's command: sidecar run -- COMMAND\nsee": {"run"},
	} {
		code, _, stderr, _ := sidecar(t, "sidecar.toml", two, args...)
		NewWithT(t).Expect(stderr).To(ContainSubstring(problem))
		NewWithT(t).Expect(code).To(BeNumerically(">", 0), problem)
	}
}

func TestInitSaysThatItFoundNothing(t *testing.T) {
	code, stdout, stderr, _ := sidecar(t, "supervisor.conf", "[program:a]\ncommand=./a\n", "init", "--output", "-")
	expect := NewWithT(t).Expect
	expect(code).To(Equal(0))
	expect(stdout).To(ContainSubstring(`name = "agent"`))
	expect(stderr).To(HavePrefix("found no sidecars in ., of which were read: Procfile, supervisord.conf, compose.yaml"))
}

func TestInitLeavesAManifestToTheBuild(t *testing.T) {
	manifest := "applications:\n- name: a\n  sidecars:\n  - {name: agent, process_types: [web], command: ./agent}\n"
	code, _, stderr, dir := sidecar(t, "manifest.yml", manifest, "init")
	expect := NewWithT(t).Expect
	expect(code).To(Equal(1))
	expect(stderr).To(ContainSubstring("manifest.yml declares sidecars already, and a build reads it as it is: see them with "))
	expect(filepath.Join(dir, "sidecar.toml")).NotTo(BeAnExistingFile())

	code, _, _, dir = sidecar(t, "manifest.yml", manifest, "init", "--force")
	expect(code).To(BeZero())
	expect(filepath.Join(dir, "sidecar.toml")).To(BeAnExistingFile())
}

func TestExplainSaysWhatAKeyDoes(t *testing.T) {
	code, stdout, _, _ := sidecar(t, "x", "", "explain", "max-restarts")
	expect := NewWithT(t).Expect
	expect(code).To(Equal(0))
	expect(stdout).To(And(HavePrefix("sidecars.max-restarts: how many restarts"), ContainSubstring("default  5\n"),
		ContainSubstring("whole number, at least 0\n")))
}

func TestExplainSaysOfWhomAKeyIs(t *testing.T) {
	for key, want := range map[string][]string{
		"stop-delay-seconds":     {"app.stop-delay-seconds: ", "sidecars.stop-delay-seconds: "},
		"app.stop-delay-seconds": {"app.stop-delay-seconds: "},
		"command":                {"sidecars.command: "}, // and not that of a probe or a pre-stop
		"on-change.do": {
			"app.on-change.do: a signal's name, such as SIGHUP; the app itself isn't restarted\n",
			"sidecars.on-change.do: restart or a signal's name, such as SIGHUP\n",
		},
		"success-exit-codes": {"sidecars.success-exit-codes: "},
		"memory":             {"sidecars.memory: its share of the container's memory (docs/memory.md): a number"},
	} {
		code, stdout, _, _ := sidecar(t, "x", "", "explain", key)
		expect := NewWithT(t).Expect
		expect(code).To(Equal(0))
		var begins []any
		for _, begin := range want {
			begins = append(begins, HavePrefix(begin))
		}
		expect(regexp.MustCompile(`(?m)^\S.*\n`).FindAllString(stdout, -1)).To(HaveExactElements(begins...), stdout)
	}
}
