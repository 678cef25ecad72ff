package environment

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// Declared returns the container's environment with the variables that the plan has for the app, which a manifest declares. They go before
// what earlier buildpacks default to, and behind what the platform sets.
//
// The launcher has put both together before the supervisor starts. So the buildpacks' defaults are worked out again, from the files that
// the launcher took them from: a variable that has exactly that value was not set by the platform, or was set to no other one, and can't
// be told from that.
func Declared(environ []string, p plan.Plan) []string {
	env := environ
	for name, value := range p.Env {
		i := index(env, name)
		switch {
		case i < 0:
			env = append(env[:len(env):len(env)], name+"="+value)
		case isDefault(p, name, strings.TrimPrefix(env[i], name+"=")):
			env = append([]string(nil), env...)
			env[i] = name + "=" + value
		}
	}
	return env
}

// index returns where a variable is in an environment, -1 where it isn't.
func index(env []string, name string) int {
	for i, kv := range env {
		if strings.HasPrefix(kv, name+"=") {
			return i
		}
	}
	return -1
}

// isDefault reports whether value is what the layers of the plan's buildpacks give a variable that nobody else sets.
func isDefault(p plan.Plan, name, value string) bool {
	d := defaults{name: name}
	for _, buildpack := range p.Buildpacks {
		layers, _ := os.ReadDir(buildpack)
		for _, layer := range layers {
			if !layer.IsDir() {
				continue
			}
			dir := filepath.Join(buildpack, layer.Name())
			for _, env := range []string{"env", "env.launch", filepath.Join("env.launch", p.Type)} {
				d.read(filepath.Join(dir, env))
			}
		}
	}
	return d.set && !d.overrides && d.value == value
}

// defaults works out one variable as the launcher does:
// https://github.com/buildpacks/spec/blob/main/buildpack.md#environment-variable-modification-rules.
type defaults struct {
	name      string
	value     string
	set       bool
	overrides bool // a buildpack insists on its value, whoever sets another one
}

// read takes in the files of one directory, in the order of their names.
func (d *defaults) read(dir string) {
	file := filepath.Join(dir, d.name)
	delimiter, _ := text(file + ".delim")
	if _, ok := text(file); ok { // an override since Buildpack API 0.5
		d.overrides = true
	}
	if value, ok := text(file + ".append"); ok {
		d.join(d.value, delimiter, value)
	}
	if value, ok := text(file + ".default"); ok && !d.set {
		d.value, d.set = value, true
	}
	if _, ok := text(file + ".override"); ok {
		d.overrides = true
	}
	if value, ok := text(file + ".prepend"); ok {
		d.join(value, delimiter, d.value)
	}
}

// join puts two parts together, where there were any before.
func (d *defaults) join(first, delimiter, second string) {
	if !d.set {
		delimiter = ""
	}
	d.value, d.set = first+delimiter+second, true
}

func text(file string) (string, bool) {
	content, err := os.ReadFile(file)
	return string(content), err == nil
}
