package process

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/buildpacks/libcnb/v2"
)

// Wrap redefines p so that supervisor, the path of its executable in the image, starts what p starts as the app, in the
// same way; script is the path of a file with p.Script. It fails where libcnb can't say what p says.
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
	if p.Shell {
		w.Command = append(w.Command, "/bin/bash", script)
		w.WorkingDirectory = "" // the script changes to it, after profile scripts that run in the app's directory
	}
	w.Command = append(w.Command, p.Command...)
	if p.AppendArgs { // the elements of command always stay, so the user's arguments go behind them
		w.Command, w.Arguments = append(w.Command, p.Args...), nil
	}
	return w, nil
}

// shell starts a process of Buildpack API 0.8 and below that is not direct, as the lifecycle's launcher does: it sources
// every layer's profile.d/* and profile.d/TYPE/* and the app's .profile, changes to the process's directory, and hands
// over to a second bash: a command alone as a script, one with arguments as words that are each expanded once. $1 is the
// command, what follows are its arguments. It looks for profile scripts itself, since layers that a rebuild reuses are not
// there during the build.
//
//go:embed shell.bash
var shell string

// Script is what bash has to run before p's command, which it is given with its arguments, for p to start in app, the app's
// directory; "" where p needs no shell.
func (p Process) Script(app string) string {
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
		"@DIR@", `"`+dir+`"`, // the launcher lets bash expand it
	).Replace(shell)
}

// quote makes s one word of a shell's.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
