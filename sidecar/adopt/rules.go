package adopt

// Rule says what becomes of one key of another tool.
type Rule struct {
	Theirs, Ours string // Ours is empty where there is no such key
	Note         string // what differs, or why there is none
}

// SupervisordRules are supervisord's keys of a [program:x] section (supervisord.org, Configuration File).
var SupervisordRules = []Rule{
	{"command", "command", "as a list: no shell runs it; %(ENV_X)s is written $(X)"},
	{"directory", "working-dir", "relative to the app"},
	{"environment", "env", "%(ENV_X)s is written $(X)"},
	{"autorestart", "restart",
		"false: never; unexpected, which is the default: on-failure; true: always. All end with one that isn't started again"},
	{"startretries", "max-restarts", "every restart within 60 seconds counts, where supervisord counts failed starts alone"},
	{"exitcodes", "success-exit-codes", ""},
	{"stopsignal", "stop-signal", ""},
	{"stopwaitsecs", "stop-grace-period-seconds", "all processes have the stop budget together, 9 seconds by default"},
	{"autostart", "", "every sidecar is started; BPL_SIDECAR_DISABLED leaves some out"},
	{"priority", "", "write depends-on: what waits for what; for a job, [app] with depends-on = { migrate = \"completed\" }"},
	{"startsecs", "", "write a startup-probe: what tells that it has started"},
	{"stopasgroup", "", "all processes of a sidecar are always told to stop"},
	{"killasgroup", "", "all processes of a sidecar are always killed"},
	{"user", "", "every process has the container's user"},
	{"numprocs", "", "write a sidecar for each"},
	{"redirect_stderr", "", "both outputs are passed on, each line with the sidecar's name"},
	{"stdout_logfile", "", "output goes to the container's own"},
	{"stderr_logfile", "", "output goes to the container's own"},
}

// ComposeRules are Compose's keys of a service (compose-spec.io).
var ComposeRules = []Rule{
	{"command", "command", "$X and ${X} are written $(X)"},
	{"entrypoint", "command", "the words before those of command"},
	{"environment", "env", "$X and ${X} are written $(X)"},
	{"env_file", "env-from", "read when the container starts, from the app's files in /workspace"},
	{"working_dir", "working-dir", "relative to the app"},
	{"mem_limit", "memory", "reserved, and what a Java, Node or Go runtime is told"},
	{"deploy", "memory", "of its resources.limits.memory"},
	{"depends_on", "depends-on", "service_started: started; service_healthy: ready; service_completed_successfully: completed"},
	{"healthcheck", "readiness-probe",
		"as an exec probe; interval, timeout and retries: period-seconds, timeout-seconds and failure-threshold"},
	{"restart", "restart", "no: never; on-failure:3: on-failure, with max-restarts = 3; always and unless-stopped: always"},
	{"stop_signal", "stop-signal", ""},
	{"stop_grace_period", "stop-grace-period-seconds", ""},
	{"image", "", "a sidecar's program is in the app's image: in the app's files, or downloaded as a dependency"},
	{"ports", "", "app and sidecars share 127.0.0.1"},
	{"volumes", "", "app and sidecars share all files"},
	{"networks", "", "app and sidecars share 127.0.0.1"},
	{"network_mode", "", "app and sidecars share 127.0.0.1"},
	{"expose", "", "app and sidecars share 127.0.0.1"},
	{"pid", "", "app and sidecars see each other's processes"},
	{"init", "", "the supervisor awaits orphans"},
	{"user", "", "every process has the container's user"},
}
