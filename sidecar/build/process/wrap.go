package process

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/buildpacks/libcnb/v2"
)

// Wrap returns p with the supervisor in front, whose executable has that path in the image, so that it starts what p starts as the app, in
// the same way; script is the path of a file with p.Script. It fails where libcnb can't say what p says.
func Wrap(p Process, supervisor, script string) (libcnb.Process, error) {
	if len(p.ExecEnv) > 0 && !slices.Contains(p.ExecEnv, "*") {
		return libcnb.Process{}, fmt.Errorf(
			"process type %q is for the execution environments %s only (exec-env in an earlier buildpack's launch.toml), which can't be kept "+
				"behind the supervisor: have that buildpack define it without exec-env, or take it out of the sidecars' process-types",
			p.Type, strings.Join(p.ExecEnv, ", "))
	}
	if len(p.Command) == 0 {
		return libcnb.Process{}, fmt.Errorf("process type %q has no command in an earlier buildpack's launch.toml, so that there is nothing to "+
			"start beside sidecars: take it out of their process-types", p.Type)
	}
	w := libcnb.Process{
		Type:             p.Type,
		Command:          []string{supervisor, "run", p.Type, "--"},
		Arguments:        p.Args,
		WorkingDirectory: p.WorkingDir,
		Default:          p.Default,
	}
	if p.Shell { // the supervisor is started by the script, so that sidecars have what profile scripts set
		w.Command = []string{"/bin/bash", script}
		w.WorkingDirectory = "" // the script changes to it, after profile scripts that run in the app's directory
	}
	w.Command = append(w.Command, p.Command...)
	if p.AppendArgs { // the elements of command always stay, so the user's arguments go behind them
		w.Command, w.Arguments = append(w.Command, p.Args...), nil
	}
	return w, nil
}

// shell starts a process of Buildpack API 0.8 and below that is not direct, as the lifecycle's launcher does: it sources
// every layer's profile.d/* and profile.d/TYPE/* and the app's .profile, changes to the process's directory, and has the supervisor start
// a second bash: a command alone as a script, one with arguments as words that are each expanded once. $1 is the
// command, what follows are its arguments. It looks for profile scripts itself, since layers that a rebuild reuses are not
// there during the build.
//
//go:embed shell.bash
var shell string

// Script returns what bash has to run for p to start in app, the app's directory, behind the supervisor, whose executable has that path.
// Bash is given p's command with its arguments. It is "" where p needs no shell.
func (p Process) Script(app, supervisor string) string {
	if !p.Shell {
		return ""
	}
	var layers []string
	for _, dir := range p.Buildpacks {
		layers = append(layers, quote(dir)+"/*/")
	}
	dir := p.WorkingDir
	if dir == "" {
		dir = app
	}
	return strings.NewReplacer(
		"@BUILDPACKS@", strings.Join(layers, " "),
		"@TYPE@", quote(p.Type),
		"@APP@", quote(app),
		"@SUPERVISOR@", quote(supervisor),
		"@DIR@", `"`+dir+`"`, // the launcher lets bash expand it
	).Replace(shell)
}

// quote makes s one word of a shell's.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
