package compose

import (
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/sidecar-buildpack/sidecar/sidecar/export"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// environment returns the variables of a process with their references filled in, since Compose knows none to another variable of a
// container. Each $ is doubled: Compose expands variables of its own.
func (e *exporter) environment(p plan.Process) types.MappingWithEquals {
	mapping := types.MappingWithEquals{}
	for name, value := range e.app.Plan.Env {
		value = strings.ReplaceAll(value, "$", "$$")
		mapping[name] = &value
	}
	for name, text := range p.Env {
		value := strings.ReplaceAll(e.filledIn(p, "env", text, name), "$", "$$")
		mapping[name] = &value
	}
	if len(mapping) == 0 {
		return nil
	}
	return mapping
}

// filledIn returns a text with the references that the process's own variables and the app's declared ones fill in. of are the variables
// that it is a part of.
func (e *exporter) filledIn(p plan.Process, key, text string, of ...string) string {
	return plan.Expand(text, func(name string) (string, bool) {
		if value, declared := p.Env[name]; declared && !slices.Contains(of, name) {
			return e.filledIn(p, key, value, append(of, name)...), true
		}
		if value, declared := e.app.Plan.Env[name]; declared {
			return value, true
		}
		e.losses.Add(p.Name, key, "$(%s) stays as it is written: declare it in env as well", name)
		return "", false
	})
}

// command has a service run a sidecar by its process type, or by its command, with its references filled in.
func (e *exporter) command(s *types.ServiceConfig, p plan.Process) {
	if own := e.app.ProcessType(p); own != "" {
		s.Entrypoint = types.ShellCommand{export.Processes + own}
		return
	}
	var argv []string
	for _, word := range p.Command {
		argv = append(argv, e.filledIn(p, "command", word))
	}
	s.Entrypoint, s.Command = types.ShellCommand{export.Launcher, "--"}, export.Escaped(e.losses.InItsDirectory(p, argv))
}

// envFiles returns the files of env-from, which Compose reads where it runs.
func (e *exporter) envFiles(p plan.Process) (files []types.EnvFile) {
	for _, from := range p.EnvFrom {
		if from.File == "" {
			e.losses.Add(p.Name, "env-from.binding", "Compose knows no bindings: write the variables of %s into an env_file", from.Binding)
			continue
		}
		if from.Prefix != "" {
			e.losses.Add(p.Name, "env-from.prefix", "Compose takes the variables of %s as they are called there", from.File)
		}
		e.needs.Add("file "+from.File, "Compose reads it on the machine that it runs on")
		files = append(files, types.EnvFile{Path: from.File, Required: true, Format: "raw"})
	}
	return files
}

// hooks returns what is done before a service is told to stop: its delay, and then its pre-stop. A program of ours does it, whatever
// comes of that: Compose stops no service whose hook fails, and waits without end for one that hangs.
func (e *exporter) hooks(p plan.Process) []types.ServiceHook {
	var command []string
	switch {
	case p.PreStop != nil:
		command = e.check(p, p.PreStop.Within(p.StopGracePeriodSeconds), "pre-stop")
	case p.StopDelaySeconds == 0:
		return nil
	}
	command = export.Escaped(export.PreStop(p.StopDelaySeconds, p.StopGracePeriodSeconds, command, "--ignore-failure"))
	return []types.ServiceHook{{Command: command}}
}

// check returns the command that makes a check. The helper reads headers from its standard input, which Compose gives nothing.
func (e *exporter) check(p plan.Process, check plan.Probe, key string) []string {
	if check.Exec != nil {
		return check.Exec.Command
	}
	headers := check.Input()
	if headers == "" {
		return export.Check(check)
	}
	e.losses.Add(p.Name, key+".http-get.headers", "a shell hands them to the check, which the image needs")
	return append([]string{"/bin/sh", "-c", `printf %s "$0" | "$@"`, headers}, export.Check(check)...)
}

// unsupervised names what is lost of a process that runs without the supervisor.
func (e *exporter) unsupervised(p plan.Process) {
	e.losses.Unsupervised(p, "stop-delay-seconds", "pre-stop", "env-from", "sandbox")
	e.losses.Sandboxed(p)
	if p.Sandbox != nil && p.Sandbox.Write != nil {
		e.losses.Add(p.Name, "sandbox.write", "the process may write all files of its container, and others do not see them: add a volume")
	}
	e.losses.Environment(p)
	e.losses.Outputs(p)
}
