package declare_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
)

const manifest = "applications: [{name: a, sidecars: [{name: by-manifest, command: x, process_types: [web]}]}]"

// write makes an app's directory with files.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func lookup(env map[string]string) declare.Lookup {
	return func(name string) (string, bool) {
		value, ok := env[name]
		return value, ok
	}
}

func TestLoadFindsTheDeclaration(t *testing.T) {
	for _, c := range []struct {
		name   string
		files  map[string]string
		env    map[string]string
		origin string
		first  string // the first sidecar's name
	}{
		{"sidecar.toml", map[string]string{"sidecar.toml": minimal, "manifest.yml": manifest}, nil, "sidecar.toml", "config-server"},
		{"manifest.yml", map[string]string{"manifest.yml": manifest}, nil, "manifest.yml", "by-manifest"},
		{"manifest.yaml", map[string]string{"manifest.yaml": manifest}, nil, "manifest.yaml", "by-manifest"},
		{"another file", map[string]string{"sidecar.toml": "no", "conf/my.toml": minimal},
			map[string]string{"BP_SIDECAR_CONFIG": "conf/my.toml"}, "conf/my.toml", "config-server"},
		{"another manifest", map[string]string{"cf/prod.yaml": manifest}, map[string]string{"BP_SIDECAR_CONFIG": "cf/prod.yaml"},
			"cf/prod.yaml", "by-manifest"},
		{"one application", map[string]string{"manifest.yml": strings.TrimSuffix(manifest, "]") +
			", {name: b, sidecars: [{name: two, command: x, process_types: [web]}]}]"},
			map[string]string{"BP_SIDECAR_APPLICATION": "b"}, "manifest.yml", "two"},
		{"sidecar.toml while staging on Cloud Foundry", map[string]string{"sidecar.toml": minimal},
			map[string]string{"VCAP_APPLICATION": "{}"}, "sidecar.toml", "config-server"},
	} {
		t.Run(c.name, func(t *testing.T) {
			source, err := declare.Load(write(t, c.files), lookup(c.env))
			expect := NewWithT(t).Expect
			expect(err).NotTo(HaveOccurred())
			expect(source.Origin).To(Equal(c.origin))
			expect(source.Sidecars[0].Name).To(Equal(c.first))
		})
	}
}

func TestLoadRefusesANamedManifestWithoutSidecars(t *testing.T) {
	dir := write(t, map[string]string{"cf.yml": "applications: []", "sidecar.toml": minimal})
	_, err := declare.Load(dir, lookup(map[string]string{"BP_SIDECAR_CONFIG": "cf.yml"}))
	NewWithT(t).Expect(err).To(MatchError(
		`BP_SIDECAR_CONFIG is "cf.yml", in which no application has sidecars: name another file, or unset it`))
}

func TestLoadFindsNothingToRun(t *testing.T) {
	staging := map[string]string{"VCAP_APPLICATION": "{}"}
	for _, c := range []struct {
		name string
		file string // of manifest.yml
		env  map[string]string
		want error
	}{
		{"no sidecars", "applications: [{name: a}]", nil, declare.ErrNone},
		{"a manifest of something else", "{{ .Values }}", nil, declare.ErrNone},
		{"sidecars in a comment", "# no sidecars here", nil, declare.ErrNone},
		{"no sidecars while staging on Cloud Foundry", "# no sidecars here", staging, declare.ErrNone},
		{"sidecars while staging on Cloud Foundry", manifest, staging, declare.ErrLeft},
		{"sidecars that only Cloud Foundry can judge", application("[{name: ((name))}]"), staging, declare.ErrLeft},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := declare.Load(write(t, map[string]string{"manifest.yml": c.file}), lookup(c.env))
			NewWithT(t).Expect(err).To(MatchError(c.want))
		})
	}
	t.Run("no file", func(t *testing.T) {
		_, err := declare.Load(t.TempDir(), lookup(nil))
		NewWithT(t).Expect(err).To(MatchError(declare.ErrNone))
	})
}

func TestLoadRefusesFilesOutsideTheApp(t *testing.T) {
	outside := write(t, map[string]string{"sidecar.toml": minimal})
	dir := t.TempDir()
	expect := NewWithT(t).Expect
	expect(os.Symlink(filepath.Join(outside, "sidecar.toml"), filepath.Join(dir, "sidecar.toml"))).To(Succeed())
	expect(os.Symlink("../"+filepath.Base(outside), filepath.Join(dir, "dir"))).To(Succeed())
	for _, file := range []string{"sidecar.toml", "dir/sidecar.toml", "../" + filepath.Base(outside) + "/sidecar.toml",
		filepath.Join(outside, "sidecar.toml")} {
		_, err := declare.Load(dir, lookup(map[string]string{"BP_SIDECAR_CONFIG": file}))
		expect(err).To(MatchError(And(
			ContainSubstring("BP_SIDECAR_CONFIG is %q, which can't be read: path escapes from parent", file),
			ContainSubstring("write the path of a file in the app's directory"),
		)))
	}
	_, err := declare.Load(dir, lookup(nil))
	expect(err).To(MatchError("sidecar.toml can't be read: path escapes from parent"))
}

func TestLoadRefusesWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	expect := NewWithT(t).Expect
	expect(syscall.Mkfifo(filepath.Join(dir, "sidecar.toml"), 0o644)).To(Succeed())
	_, err := declare.Load(dir, lookup(nil))
	expect(err).To(MatchError("sidecar.toml can't be read: it is not a file"))
	_, err = declare.Load(dir, lookup(map[string]string{"BP_SIDECAR_CONFIG": "."}))
	expect(err).To(MatchError(ContainSubstring("it is not a file")))
	_, err = declare.Load(dir, lookup(map[string]string{"BP_SIDECAR_CONFIG": "missing.toml"}))
	expect(err).To(MatchError(ContainSubstring(`BP_SIDECAR_CONFIG is "missing.toml", which can't be read: no such file or directory`)))
}

func TestLoadRefusesLargeFiles(t *testing.T) {
	const most = 256 << 10
	comment := minimal + "#" + strings.Repeat("x", most-len(minimal)-1)
	expect := NewWithT(t).Expect
	_, err := declare.Load(write(t, map[string]string{"sidecar.toml": comment}), lookup(nil))
	expect(err).NotTo(HaveOccurred())
	_, err = declare.Load(write(t, map[string]string{"sidecar.toml": comment + "x"}), lookup(nil))
	expect(err).To(MatchError("sidecar.toml can't be read: it is larger than 256 KiB, which no declaration needs to be"))
}

func TestReadCallsAFileWhatTheUserCallsIt(t *testing.T) {
	path := filepath.Join(write(t, map[string]string{"x.toml": "a"}), "x.toml")
	_, err := declare.Read(path, "")
	NewWithT(t).Expect(err).To(MatchError(HavePrefix(path + ":1:1: ")))
}

func TestLoadLaunch(t *testing.T) {
	expect := NewWithT(t).Expect
	source, err := declare.LoadLaunch(write(t, map[string]string{"launch.yml": launch}))
	expect(err).NotTo(HaveOccurred())
	expect(source.Origin).To(Equal("launch.yml"))
	expect(source.Sidecars).To(HaveLen(1))

	_, err = declare.LoadLaunch(t.TempDir())
	expect(err).To(MatchError(declare.ErrNone))
}

// others are files of other tools that are called as ours may be.
var others = map[string]map[string]string{
	"an Ansible playbook": {"name": "- hosts: web\n  vars: {sidecars: [a]}\n  tasks: [{name: a, command: '{{ x }}'}]\n"},
	"a Kubernetes list": {"name": "apiVersion: v1\nkind: List\nitems:\n- kind: Pod\n  spec: {initContainers: [{name: a, " +
		"restartPolicy: Always}]}\n" +
		"---\nkind: Pod\nsidecars: x\n"},
	"a Helm template":  {"name": "{{- if .Values.sidecars }}\nsidecars:\n{{ toYaml . }}\n{{- end }}\n"},
	"a directory":      {"name/x": ""},
	"a large file":     {"name": "sidecars: [" + strings.Repeat("x,", 200<<10) + "]"},
	"text":             {"name": "launch the sidecars"},
	"bytes":            {"name": "\x00\xff sidecars"},
	"ROS":              {"name": "launch:\n- node: {pkg: a, exec: b}\nprocesses: 5\napplications: sidecars\n"},
	"processes alone":  {"name": "processes:\n- {type: web, command: [a], platforms: x}\n- 5\n"},
	"applications":     {"name": "applications:\n- sidecar: true\n- 5\n- sidecars\n"},
	"a key many times": {"name": "sidecars: 1\nsidecars: 2\n? [a]\n: b\n"},
}

func TestFilesOfOtherToolsAreNotRead(t *testing.T) {
	for _, name := range []string{"manifest.yml", "manifest.yaml", "launch.yml"} {
		for what, files := range others {
			t.Run(name+", "+what, func(t *testing.T) {
				there := map[string]string{}
				for file, text := range files {
					there[strings.Replace(file, "name", name, 1)] = text
				}
				dir := write(t, there)
				expect := NewWithT(t).Expect
				_, err := declare.Load(dir, lookup(nil))
				expect(err).To(MatchError(declare.ErrNone))
				source, err := declare.LoadLaunch(dir)
				expect(err).To(Or(Not(HaveOccurred()), MatchError(declare.ErrNone)))
				expect(source.Sidecars).To(BeEmpty())
			})
		}
	}
}

func TestAManifestThatDeclaresSidecarsCanBeWrong(t *testing.T) {
	expect := NewWithT(t).Expect
	for _, name := range []string{"manifest.yml", "manifest.yaml"} {
		_, err := declare.Load(write(t, map[string]string{name: "applications: [{name: a, sidecars: 5}]"}), lookup(nil))
		expect(err).To(MatchError(HavePrefix(name + ":1:")))
	}
	_, err := declare.LoadLaunch(write(t, map[string]string{"launch.yml": "processes: [{platforms: {cloudfoundry: {sidecar_for: 5}}}]"}))
	expect(err).To(MatchError(HavePrefix("launch.yml:1:")))
}

func TestAManifestThatDeclaresSidecarsNeedNotBeYAML(t *testing.T) {
	expect := NewWithT(t).Expect
	text := "---\napplications:\n- name: a\n  sidecars:\n  - name: b\n\tcommand: c\n"
	_, err := declare.Load(write(t, map[string]string{"manifest.yml": text}), lookup(nil))
	expect(err).To(MatchError(HavePrefix("manifest.yml:5:1: not YAML: ")))

	text = "processes:\n- type: a\n  platforms:\n    cloudfoundry:\n      sidecar_for: [web]\n\tcommand: c\n"
	_, err = declare.LoadLaunch(write(t, map[string]string{"launch.yml": text}))
	expect(err).To(MatchError(HavePrefix("launch.yml:6:1: not YAML: ")))

	text = "applications:\n- sidecars:\n  - {name: !!binary gIGC, command: a}\n"
	_, err = declare.Load(write(t, map[string]string{"manifest.yml": text}), lookup(nil))
	expect(err).To(MatchError(HaveSuffix("not text: it has bytes that are no UTF-8")))
}

func TestAManifestThatIsNotReadGetsALine(t *testing.T) {
	for _, name := range []string{"manifest.yml", "manifest.yaml"} {
		source, err := declare.Load(write(t, map[string]string{"sidecar.toml": minimal, name: manifest}), lookup(nil))
		expect := NewWithT(t).Expect
		expect(err).NotTo(HaveOccurred())
		expect(source.Warnings).To(Equal([]string{name + " has sidecars too, which are not read: sidecar.toml goes before it"}))
	}
}

func TestReadKnowsALaunchFile(t *testing.T) {
	dir := write(t, map[string]string{"my.yml": launch, "cf.yml": manifest})
	expect := NewWithT(t).Expect
	source, err := declare.Read(filepath.Join(dir, "my.yml"), "")
	expect(err).NotTo(HaveOccurred())
	expect(source.Sidecars).To(HaveLen(1))
	source, err = declare.Read(filepath.Join(dir, "cf.yml"), "")
	expect(err).NotTo(HaveOccurred())
	expect(source.Sidecars[0].Name).To(Equal("by-manifest"))
}

func TestLoadLayers(t *testing.T) {
	expect := NewWithT(t).Expect
	source, err := declare.LoadLayers(write(t, map[string]string{"sidecar.toml": minimal}), "the buildpack acme/apm")
	expect(err).NotTo(HaveOccurred())
	expect(source.Origin).To(Equal("the buildpack acme/apm"))
	expect(source.Sidecars).To(HaveLen(1))

	for name, files := range map[string]map[string]string{
		"no file":                  {"launch.toml": ""},
		"a layer of the same name": {"sidecar.toml": "[types]\nlaunch = true\n[metadata]\nsidecars = 'x'\n"},
	} {
		_, err = declare.LoadLayers(write(t, files), "the buildpack acme/apm")
		expect(err).To(MatchError(declare.ErrNone), name)
	}
	_, err = declare.LoadLayers(write(t, map[string]string{"sidecar.toml": "sidecars = 1"}), "the buildpack acme/apm")
	expect(err).To(MatchError(HavePrefix("the buildpack acme/apm: sidecar.toml:1:12: sidecars is 1: ")))
	dir := write(t, map[string]string{"sidecar.toml/x": ""})
	_, err = declare.LoadLayers(dir, "the buildpack acme/apm")
	expect(err).To(MatchError("the buildpack acme/apm: " + dir + "/sidecar.toml can't be read: it is not a file"))
}
