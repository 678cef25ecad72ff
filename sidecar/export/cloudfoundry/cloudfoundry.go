// Package cloudfoundry exports a declaration as a manifest.yml: a sidecar's four keys, and what there is for the app's own processes. It
// is the way back of what declare reads of one.
package cloudfoundry

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/export"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// App is what is exported.
type App struct {
	Name        string
	Type        string              // the process type that Command, Memory and the checks of [app] are for
	Declaration declare.Declaration // with the process types of each sidecar
	Command     []string            // of the app's process; nil where the buildpack says it
	WorkingDir  string              // that Command runs in; empty: the app's
	Memory      plan.Size           // of the container; 0: what Cloud Foundry gives by default
}

// manifest has the keys of https://v3-apidocs.cloudfoundry.org/#the-app-manifest-specification.
type manifest struct {
	Applications []application `yaml:"applications"`
}

type application struct {
	Name      string            `yaml:"name"`
	Env       map[string]string `yaml:"env,omitempty"`
	Processes []process         `yaml:"processes"`
	Sidecars  []sidecar         `yaml:"sidecars"`
}

type process struct {
	Type    string `yaml:"type"`
	Command string `yaml:"command,omitempty"`
	Memory  string `yaml:"memory,omitempty"`
	check   `yaml:",inline"`
}

type sidecar struct {
	Name         string   `yaml:"name"`
	ProcessTypes []string `yaml:"process_types,flow"`
	Command      string   `yaml:"command"`
	Memory       string   `yaml:"memory,omitempty"`
}

// The bounds that Cloud Foundry has for a sidecar.
const (
	maxName    = 255
	maxCommand = 4096
)

// lostKeys say what becomes of keys that Cloud Foundry has not. Others have no more to be said of them.
var lostKeys = map[string]string{
	"depends-on":                "Cloud Foundry starts the app and all sidecars at once",
	"restart":                   endsAll,
	"restart-on-exit-codes":     endsAll,
	"success-exit-codes":        endsAll,
	"essential":                 endsAll,
	"stop-signal":               stopsAll,
	"stop-grace-period-seconds": stopsAll,
	"stop-delay-seconds":        stopsAll,
	"pre-stop":                  stopsAll,
	"dependencies":              "nobody downloads it: put the program into the app's directory",
	"requires":                  "name the buildpacks that bring it in the manifest",
	"startup-probe":             "a sidecar that runs is healthy on Cloud Foundry",
	"readiness-probe":           "a sidecar that runs is healthy on Cloud Foundry",
	"liveness-probe":            "a sidecar that runs is healthy on Cloud Foundry",
}

const (
	endsAll  = "the end of any process, with 0 too, has Cloud Foundry start the container again"
	stopsAll = "Cloud Foundry sends SIGTERM to all processes at once, and SIGKILL ten seconds later"
)

// carried are the keys of a sidecar that a manifest has, or that its command can carry; the app's files are all in its droplet.
var carried = []string{"name", "command", "process-types", "memory", "working-dir", "env", "files"}

// exporter is one export on its way.
type exporter struct{ losses export.Losses }

// YAML returns the manifest, with what it cannot carry in comments before it. A sidecar that Cloud Foundry would refuse is an error.
func YAML(app App) ([]byte, export.Losses, error) {
	e := &exporter{}
	a := application{Name: app.Name, Env: app.Declaration.Env}
	own := process{Type: app.Type, check: e.checks(app.Declaration.App)}
	if app.Command != nil {
		own.Command = appCommand(app)
		if found := declare.Variable(own.Command); found != "" {
			return nil, nil, fmt.Errorf("the app: cf push fills in %s: write it otherwise, or put the command into a script", found)
		}
	}
	if app.Memory > 0 {
		own.Memory = e.megabytes(plan.AppName, app.Memory)
	}
	a.Processes = []process{own}
	e.jobs(app.Declaration)
	for _, s := range app.Declaration.Sidecars {
		one, err := e.sidecar(s)
		if err != nil {
			return nil, nil, err
		}
		a.Sidecars = append(a.Sidecars, one)
	}
	losses := e.losses.Sorted()
	var out bytes.Buffer
	out.WriteString(export.Comments(nil, losses))
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(manifest{[]application{a}}); err != nil {
		return nil, nil, err
	}
	return out.Bytes(), losses, nil
}

func (e *exporter) sidecar(s declare.Sidecar) (sidecar, error) {
	for _, key := range s.Declared() {
		if !slices.Contains(carried, key) {
			e.lose(s.Name, key)
		}
	}
	one := sidecar{Name: s.Name, ProcessTypes: s.ProcessTypes, Command: e.command(s)}
	if s.Memory > 0 {
		one.Memory = e.megabytes(s.Name, s.Memory)
	}
	if n := len([]rune(s.Name)); n > maxName {
		return one, fmt.Errorf("sidecar %q: its name has %d characters: Cloud Foundry takes %d", s.Name, n, maxName)
	}
	if n := len([]rune(one.Command)); n > maxCommand {
		return one, fmt.Errorf("sidecar %q: its command has %d characters: Cloud Foundry takes %d", s.Name, n, maxCommand)
	}
	if found := declare.Variable(s.Name + "\n" + one.Command); found != "" {
		return one, fmt.Errorf("sidecar %q: cf push fills in %s: write it otherwise, or put the command into a script", s.Name, found)
	}
	return one, nil
}

// jobs names the sidecars that others wait for to complete.
func (e *exporter) jobs(d declare.Declaration) {
	waits := []map[string]string{d.App.DependsOn}
	for _, s := range d.Sidecars {
		waits = append(waits, s.DependsOn)
	}
	for _, on := range waits {
		for name, condition := range on {
			if condition == string(plan.Completed) {
				e.losses.Add(name, "depends-on", "others wait for its end, with which Cloud Foundry starts the container again: run it as a task")
			}
		}
	}
}

func (e *exporter) lose(process, key string) {
	text, found := lostKeys[key]
	if !found {
		text = "Cloud Foundry has nothing like it"
	}
	e.losses.Add(process, key, "%s", text)
}

// megabytes returns memory as Cloud Foundry counts it: whole megabytes.
func (e *exporter) megabytes(process string, size plan.Size) string {
	whole := max(1, (size+plan.M-1)/plan.M)
	if whole*plan.M != size {
		e.losses.Add(process, "memory", "%s is rounded up: Cloud Foundry counts whole megabytes", size)
	}
	return fmt.Sprintf("%dM", whole)
}

// appCommand returns what bash runs for the app. Its directory is the droplet's, wherever that is; one elsewhere is the image's.
func appCommand(app App) string {
	dir := app.WorkingDir
	if below, isInside := strings.CutPrefix(dir+"/", export.Workspace+"/"); isInside {
		dir = strings.Trim(below, "/")
	}
	if dir == "" {
		return joined(app.Command)
	}
	return changeTo(dir) + "\nexec " + joined(app.Command)
}

// joined returns words as text that a shell splits into the same words.
func joined(argv []string) string {
	var words []string
	for i, word := range argv {
		words = append(words, quoted(word, i == 0))
	}
	return strings.Join(words, " ")
}
