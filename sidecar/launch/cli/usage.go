package cli

import "strings"

const usage = `Usage:
  supervisor run TYPE [--plan FILE] -- COMMAND [ARGUMENT...]
        run COMMAND as TYPE's app, its sidecars beside it; FILE is plan.toml
        in the folder above the supervisor's own
  supervisor ps [--json | --watch] [--pid N]
        what runs: state, health, restarts, memory, uptime
  supervisor logs NAME [-f] [--pid N]
        a process's last lines, and those that follow with -f; needs
        BPL_SIDECAR_LOG_BUFFER, such as 64K, at launch
  supervisor events [--json] [--pid N]
        what happened when, and what held up the app's start
  supervisor health [--live | --started | --ready] [NAME] [--pid N]
        exits 0 when all essential processes are so; --ready if not given
  supervisor probe NAME [--pid N]
        carry out a process's probes now; exits 0 when all pass
  supervisor restart NAME [--no-wait] [--pid N]
        stop a sidecar, start it again, and say what came of it
  supervisor stop NAME [--no-wait] [--pid N]
        stop a sidecar until somebody starts it again
  supervisor start NAME [--no-wait] [--pid N]
        start a sidecar that does not run
  supervisor drain [--no-wait] [--pid N]
        stop everything in order, as a SIGTERM does
  supervisor check [--timeout SECONDS] URL [HEADER: VALUE...]
        make one health check of http:// or tcp:// within the timeout, 1 if not
        given, where no supervisor runs
  supervisor pre-stop [--delay SECONDS] [--timeout SECONDS] [--ignore-failure]
        [-- COMMAND...]
        wait and then carry out a command within the timeout, 1 if not given,
        before a container stops in which no supervisor runs; --ignore-failure
        has it exit with 0 whatever comes of that
  supervisor help | version

--pid chooses among several supervisors.
`

// usageOf returns what usage says of a verb, or all of it.
func usageOf(verb string) string {
	start := strings.Index(usage, "  supervisor "+verb+" ")
	if verb == "" || start < 0 {
		return usage
	}
	text := usage[start:]
	end := 1
	for line := range strings.Lines(text[1:]) {
		if strings.HasPrefix(line, "  supervisor ") {
			break
		}
		end += len(line)
	}
	return "Usage:\n" + text[:end]
}
