package declare_test

import (
	"regexp"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// minimal is the sidecar that has nothing but what it must have.
const minimal = `
[[sidecars]]
name = "config-server"
command = "./config-server"
`

func defaults(name string, command ...string) declare.Sidecar {
	return declare.Sidecar{
		Name:                   name,
		Command:                command,
		InheritEnv:             declare.Names{declare.Everything},
		Restart:                "never",
		MaxRestarts:            5,
		RestartWindowSeconds:   60,
		Essential:              true,
		StopSignal:             "SIGTERM",
		StopGracePeriodSeconds: 5,
		Logs:                   "prefix",
	}
}

// forWeb is a sidecar of a manifest, with the defaults of a sidecar.toml.
func forWeb(name string, command ...string) declare.Sidecar {
	s := defaults(name, command...)
	s.ProcessTypes = []string{"web"}
	return s
}

func TestParseFillsInDefaults(t *testing.T) {
	d, err := declare.Parse([]byte(minimal), "sidecar.toml")
	expect := NewWithT(t).Expect
	expect(err).NotTo(HaveOccurred())
	expect(d).To(Equal(declare.Declaration{
		App:      declare.App{StopSignal: "SIGTERM", Logs: "raw"},
		Sidecars: []declare.Sidecar{defaults("config-server", "./config-server")},
	}))
}

func TestParseReadsEveryKey(t *testing.T) {
	d, err := declare.Parse([]byte(`
[app]
depends-on = { config-server = "ready" }
stop-signal = "QUIT"
stop-grace-period-seconds = 20
logs = "json"
startup-probe = { tcp-socket = { port = 8080 } }
readiness-probe = { grpc = { port = 9000, service = "shop" }, success-threshold = 2 }
liveness-probe = { notify = true }

[[sidecars]]
name = "config-server"
process-types = ["web", "worker"]
command = ["./config-server", "--quiet", ""]
memory = "1.5G"
files = ["config-server", "conf/app.yml"]
working-dir = "conf"
env = { LOG_LEVEL = "info", EMPTY = "" }
inherit-env = ["PATH", "PORT"]
depends-on = { "The Vault" = "started" }
restart = "on-failure"
max-restarts = 0
restart-window-seconds = 0.5
backoff-seconds = 0.5
backoff-max-seconds = 10
success-exit-codes = [0, 143]
restart-on-exit-codes = [75]
no-restart-on-exit-codes = [1]
essential = false
stop-signal = "int"
stop-grace-period-seconds = 0
logs = "raw"

[sidecars.startup-probe]
http-get = { path = "/config/", port = 8082, scheme = "https", host = "localhost", headers = { X-Who = "me" } }
initial-delay-seconds = 0.25
period-seconds = 1
timeout-seconds = 2
failure-threshold = 30

[sidecars.readiness-probe]
exec.command = "pg_isready --quiet"

[[sidecars]]
name = "The Vault"
process-types = ["web"]
command = "./vault --port $PORT"
inherit-env = false
`), "sidecar.toml")
	expect := NewWithT(t).Expect
	expect(err).NotTo(HaveOccurred())
	checked := func(p plan.Probe) *plan.Probe {
		p.PeriodSeconds, p.TimeoutSeconds, p.FailureThreshold = 10, 1, 3
		p.SuccessThreshold = max(1, p.SuccessThreshold)
		return &p
	}
	checkedAtStart := checked(plan.Probe{TCPSocket: &plan.TCPSocket{Host: "127.0.0.1", Port: 8080}})
	checkedAtStart.PeriodSeconds, checkedAtStart.FailureThreshold = 1, 30
	vault := defaults("The Vault", "bash", "-c", "./vault --port $PORT")
	vault.InheritEnv, vault.ProcessTypes = declare.Names{}, []string{"web"}
	expect(d).To(Equal(declare.Declaration{
		App: declare.App{
			DependsOn:              map[string]string{"config-server": "ready"},
			StopSignal:             "SIGQUIT",
			StopGracePeriodSeconds: 20,
			Logs:                   "json",
			Probes: plan.Probes{
				StartupProbe:   checkedAtStart,
				ReadinessProbe: checked(plan.Probe{GRPC: &plan.GRPC{Host: "127.0.0.1", Port: 9000, Service: "shop"}, SuccessThreshold: 2}),
				LivenessProbe:  checked(plan.Probe{Notify: true}),
			},
		},
		Sidecars: []declare.Sidecar{{
			Name:                 "config-server",
			ProcessTypes:         []string{"web", "worker"},
			Command:              declare.Command{"./config-server", "--quiet", ""},
			Files:                []string{"config-server", "conf/app.yml"},
			WorkingDir:           "conf",
			Memory:               1536 * plan.M,
			Env:                  map[string]string{"LOG_LEVEL": "info", "EMPTY": ""},
			InheritEnv:           declare.Names{"PATH", "PORT"},
			DependsOn:            map[string]string{"The Vault": "started"},
			Restart:              "on-failure",
			RestartWindowSeconds: 0.5,
			BackoffSeconds:       0.5,
			BackoffMaxSeconds:    10,
			SuccessExitCodes:     []int{0, 143},
			RestartOnExitCodes:   []int{75},
			NoRestartOnExitCodes: []int{1},
			StopSignal:           "SIGINT",
			Logs:                 "raw",
			Probes: plan.Probes{
				StartupProbe: &plan.Probe{
					HTTPGet: &plan.HTTPGet{
						Scheme: "https", Host: "localhost", Port: 8082, Path: "/config/", Headers: map[string]string{"X-Who": "me"},
					},
					InitialDelaySeconds: 0.25, PeriodSeconds: 1, TimeoutSeconds: 2, SuccessThreshold: 1, FailureThreshold: 30,
				},
				ReadinessProbe: checked(plan.Probe{Exec: &plan.Exec{Command: []string{"pg_isready", "--quiet"}}}),
			},
		}, vault},
	}))
}

func TestParseAcceptsADocumentWithoutSidecars(t *testing.T) {
	d, err := declare.Parse(nil, "sidecar.toml")
	expect := NewWithT(t).Expect
	expect(err).NotTo(HaveOccurred())
	expect(d.Sidecars).To(BeEmpty())
}

func TestStopSignalsAreReadWithOrWithoutSIG(t *testing.T) {
	for _, name := range []string{"SIGQUIT", "sigquit", "QUIT", "quit"} {
		d, err := declare.Parse([]byte(minimal+"stop-signal = '"+name+"'"), "sidecar.toml")
		if err != nil || d.Sidecars[0].StopSignal != "SIGQUIT" {
			t.Errorf("stop-signal %s: %v, %v", name, d, err)
		}
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		name string
		toml string
		want []string // one a line, each behind "sidecar.toml: "
	}{
		{"syntax", "[[sidecars]]\nname = 'a", []string{"not TOML: unterminated literal string"}},
		{"text without quotes", "[[sidecars]]\nname = agent", []string{
			"not TOML: unexpected character U+0061 'a' at start of value: write text in quotes",
		}},
		{"a word that begins like a keyword", "name = nginx", []string{`not TOML: expected keyword "nan": write text in quotes`}},
		{"a path without quotes", "command = [./agent]", []string{
			"not TOML: unexpected character U+002E '.' at start of value: write text in quotes",
		}},
		{"UTF-16", "\xff\xfe[\x00", []string{"it is UTF-16: save it as UTF-8"}},
		{"a colon", "name: agent", []string{"not TOML: expected '=' after key"}},
		{"a bad escape", `name = "a=b\q"`, []string{`not TOML: invalid escape character U+0071 'q'`}},
		{"a key twice", "a = 1\na = 2", []string{"not TOML: Key 'a' has already been defined"}},
		{"one bracket", "[sidecars]\nname = 'a'", []string{"sidecars is a table: write [[sidecars]], with two brackets"}},
		{"sidecars that are text", "sidecars = 'a'", []string{`sidecars is "a": write [[sidecars]], with two brackets`}},
		{"a sidecar that is text", "sidecars = ['a']", []string{`sidecars[0] is "a": write a table`}},
		{"an app that is a list", "app = []", []string{"app is a list: write a table, such as { depends-on = { agent = \"ready\" } }"}},
		{"env of all", "env = { A = 'b' }", []string{"unknown key env: write [sidecars.env] below its [[sidecars]]"}},
		{"a key like no other", minimal + "xyzzy = 1", []string{
			"sidecar \"config-server\": unknown key xyzzy: there are " + strings.Join(names(keysOf(t, "sidecars")), ", "),
		}},
		{"a near key of others", minimal + "heallthcheck = { A = 'b' }", []string{
			"sidecar \"config-server\": unknown key heallthcheck: did you mean readiness-probe?",
		}},
		{"near keys", minimal + "procces_types = ['web']\n[sidecars.stratup-probe]\ntcp-socket = { port = 80 }\n[aap]\nlogs = 'raw'", []string{
			"sidecar \"config-server\": unknown key procces_types: did you mean process-types?",
			"sidecar \"config-server\": unknown key stratup-probe: did you mean startup-probe?",
			"unknown key aap: did you mean app?",
		}},
		{"keys in the wrong table", "depends_on = { a = 'ready' }\nrestart = 'always'\n[startup-probe]\ntcp-socket = { port = 80 }\n" +
			"[app]\nmemory = '1G'\n[app.startup-probe]\ntcp-socket = { port = 80 }\nlogs = 'raw'" +
			minimal + "[sidecars.startup-probe]\ntcp-socket = { port = 80 }\nmemory = '64M'\n", []string{
			"unknown key depends_on: write [sidecars.depends-on] below its [[sidecars]]",
			"unknown key restart: write it directly below [[sidecars]]",
			"unknown key startup-probe: write [sidecars.startup-probe] below its [[sidecars]]",
			"unknown key app.memory: there are " + strings.Join(names(keysOf(t, "app")), ", "),
			"unknown key app.startup-probe.logs: write it directly below [app]",
			`sidecar "config-server": unknown key startup-probe.memory: write it directly below [[sidecars]]`,
		}},
		{"a key in quotes", `"a b" = 1`, []string{`unknown key "a b": there are app, sidecars`}},
		{"wrong types", minimal + `
process-types = "web"
files = ["../x", 3, "", "/etc/passwd"]
memory = 64
env = { A = 5, "C=D" = "x", "" = "y" }
inherit-env = "all"
depends-on = ["vault"]
restart = true
max-restarts = 1.5
restart-window-seconds = "1m"
essential = "yes"
stop-signal = 9
stop-grace-period-seconds = -1
working-dir = 1979-05-27
readiness-probe = true`, []string{
			`sidecar "config-server": process-types is "web": write a list of text, such as ["web"]`,
			`sidecar "config-server": files[1] is 3: write "3", in quotes`,
			`sidecar "config-server": working-dir is a date: write text in quotes`,
			`sidecar "config-server": memory is 64: write a number and a unit in quotes, such as "64M" (B, K, M, G, T; base 1024)`,
			`sidecar "config-server": env.A is 5: write "5", in quotes`,
			`sidecar "config-server": env has the name "": a variable's name can't be empty or hold = or NUL`,
			`sidecar "config-server": env has the name "C=D": a variable's name can't be empty or hold = or NUL`,
			`sidecar "config-server": inherit-env is "all": write true, false or a list of variables' names`,
			`sidecar "config-server": depends-on is a list: write a table, such as { vault = "started" }`,
			`sidecar "config-server": restart is true: write "never", "on-failure" or "always"`,
			`sidecar "config-server": max-restarts is 1.5: write a whole number from 0 to 2147483647`,
			`sidecar "config-server": restart-window-seconds is "1m": write a number of seconds, such as 5 or 0.5, without quotes or a unit`,
			`sidecar "config-server": essential is "yes": write true, without quotes`,
			`sidecar "config-server": stop-signal is 9: write "9", in quotes`,
			`sidecar "config-server": stop-grace-period-seconds is -1: write a number of seconds from 0 to 2147483647`,
			`sidecar "config-server": readiness-probe is true: write a table, such as { http-get = { path = "/health", port = 8080 } }`,
			`sidecar "config-server": files[0] is "../x": write a path inside the app's directory, relative to it, without ..`,
			`sidecar "config-server": files[2] is "": write a path inside the app's directory, relative to it, without ..`,
			`sidecar "config-server": files[3] is "/etc/passwd": write a path inside the app's directory, relative to it, without ..`,
		}},
		{"wrong values", minimal + `
memory = "64"
restart = "sometimes"
logs = "text"
stop-signal = "SIGTREM"
stop-grace-period-seconds = inf
working-dir = "conf/../.."
inherit-env = ["PATH", "A=B", ""]
max-restarts = -1
depends-on = { app = "up" }`, []string{
			`sidecar "config-server": memory: "64" is not an amount of memory: write a number and a unit, such as 64M or 1.5G (B, K, M, ` +
				`G, T; base 1024)`,
			`sidecar "config-server": inherit-env[1] is "A=B": write a variable's name`,
			`sidecar "config-server": inherit-env[2] is "": write a variable's name`,
			`sidecar "config-server": depends-on.app is "up": write "started", "ready" or "completed"`,
			`sidecar "config-server": restart is "sometimes": write "never", "on-failure" or "always"`,
			`sidecar "config-server": max-restarts is -1: write a whole number from 0 to 2147483647`,
			`sidecar "config-server": stop-signal is "SIGTREM": write one of the signals that can stop a process: SIGHUP, SIGINT, SIGQUIT, ` +
				`SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGKILL, SIGUSR1, SIGSEGV, SIGUSR2, SIGPIPE, SIGALRM, SIGTERM, SIGSTKFLT, ` +
				`SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGIO, SIGPWR, SIGSYS`,
			`sidecar "config-server": stop-grace-period-seconds is +Inf: write a number of seconds from 0 to 2147483647`,
			`sidecar "config-server": logs is "text": write "prefix", "raw" or "json"`,
			`sidecar "config-server": working-dir is "conf/../..": write a path inside the app's directory, relative to it, without ..`,
		}},
		{"a NUL", minimal + `working-dir = "a\u0000"`, []string{`sidecar "config-server": working-dir is "a\x00": text can't hold a NUL here`}},
		{"a NUL in a variable", minimal + `env = { A = "a\u0000" }`, []string{`sidecar "config-server": env.A is "a\x00": text can't ` +
			`hold a NUL here`}},
		{"long text", minimal + "restart = '" + strings.Repeat("é", 90) + "'", []string{
			`sidecar "config-server": restart is "` + strings.Repeat("é", 80) + `…": write "never", "on-failure" or "always"`,
		}},
		{"nothing to run", "sidecars = [{name = 'a'}, {name = 'b', command = []}, {name = 'c', command = ['']}, {name = 'd', command = ' '}, " +
			"{name = 'e', command = 1}, {name = 'f', command = \"./x 'y\"}]", []string{
			`sidecar "a": command is missing: write what to run, such as ["./config-server", "--quiet"]`,
			`sidecar "b": command is empty: write what to run, such as ["./config-server", "--quiet"]`,
			`sidecar "c": command is empty: write what to run, such as ["./config-server", "--quiet"]`,
			`sidecar "d": command is " ": write what to run, such as ["./config-server", "--quiet"]`,
			`sidecar "e": command is 1: write what to run, such as ["./config-server", "--quiet"]`,
			`sidecar "f": command is "./x 'y": it ends in the middle of a quote or an expansion: ` +
				`close it, or write a list, such as ["bash", "-c", "…"]`,
		}},
		{"names", "sidecars = [{command = 'x'}, {name = '', command = 'x'}, {name = 3, command = 'x'}, {name = 'My Cat', command = 'x'}, " +
			"{name = 'my-cat', command = 'x'}, {name = 'My Cat', command = 'x'}, {name = 'App', command = 'x'}, {name = '猫', command = " +
			"'x'}, {name = ' ', command = 'x'}, " +
			`{name = "a\nb", command = 'x'}, {name = "c\u202Ed", command = 'x'}]`, []string{
			`sidecars[0]: name is missing: every sidecar needs one`,
			`sidecars[1]: name is missing: every sidecar needs one`,
			`sidecars[2]: name is 3: write "3", in quotes`,
			`sidecar "my-cat": its name becomes "my-cat" in file names, as that of sidecar "My Cat" does: rename one`,
			`sidecar "My Cat": another sidecar has the same name: rename one`,
			`sidecar "App": name is "App": that is the main process's name, choose another`,
			`sidecar " ": name is " ": write at least one letter or digit`,
			`sidecar "a\nb": name is "a\nb": it can't hold line ends or other control characters`,
			`sidecar "c\u202ed": name is "c\u202ed": it can't hold line ends or other control characters`,
		}},
		{"reserved names", "sidecars = [{name = 'supervisor', command = 'x'}, {name = 'Supervisor | web', command = 'x'}, " +
			"{name = 'app | x', command = 'x'}, {name = 'supervisors', command = 'x'}]", []string{
			`sidecar "supervisor": name is "supervisor": that is what the supervisor's own lines begin with, choose another`,
			`sidecar "Supervisor | web": name is "Supervisor | web": that is what the supervisor's own lines begin with, choose another`,
			`sidecar "app | x": name is "app | x": that is the main process's name, choose another`,
		}},
		{"what is done on a change", "[app]\non-change = { paths = ['/etc/certs'], do = 'restart' }\n" +
			"[[sidecars]]\nname = 'a'\ncommand = 'x'\non-change = { paths = ['/etc/certs'], do = 'reload' }", []string{
			`app.on-change does "restart": write a signal's name, such as SIGHUP; the app itself isn't restarted`,
			`sidecar "a": on-change does "reload": write restart or a signal's name, such as SIGHUP`,
		}},
		{"nothing to do on a change", minimal + "on-change = { paths = ['/etc/certs'] }", []string{
			`sidecar "config-server": on-change.do is missing: write restart or a signal's name, such as SIGHUP`,
		}},
		{"no exit codes", minimal + "success-exit-codes = []\nrestart-on-exit-codes = 'all'", []string{
			`sidecar "config-server": success-exit-codes is an empty list: write at least one, or leave the key out`,
			`sidecar "config-server": restart-on-exit-codes is "all": write a list of exit codes, such as [0, 143]`,
		}},
		{"a long name", "sidecars = [{name = '" + strings.Repeat("a", 256) + "', command = 'x'}]", []string{
			`sidecar "` + strings.Repeat("a", 80) + `…": name is "` + strings.Repeat("a", 80) + `…": it is too long, write at most 255 characters`,
		}},
		{"process types",
			"sidecars = [{name = 'a', command = 'x', process-types = []}, {name = 'b', command = 'x', process-types = ['web', 'a b', '']}]",
			[]string{
				`sidecar "a": process-types is an empty list: write at least one, or leave the key out`,
				`sidecar "b": process-types[1] is "a b": a process type has only letters, digits, dots, underscores and hyphens`,
				`sidecar "b": process-types[2] is "": a process type has only letters, digits, dots, underscores and hyphens`,
			}},
		{"probes", minimal + `
[sidecars.startup-probe]
period-seconds = 0
timeout-seconds = nan
success-threshold = 2
failure-threshold = 0
[sidecars.readiness-probe]
httpGet = { port = 80 }
[sidecars.liveness-probe]
http-get = { port = 0, scheme = "ftp", path = "health", host = "http://x", headers = { "a b" = "c", d = "e\nf" } }
tcp-socket = { port = "http" }
exec.command = []
grpc = { port = 65536, servce = "" }
notify = true
success-threshold = 2`, []string{
			`sidecar "config-server": startup-probe.period-seconds is 0: write a number of seconds from 0.001 to 2147483647`,
			`sidecar "config-server": startup-probe.timeout-seconds is NaN: write a number of seconds from 0.001 to 2147483647`,
			`sidecar "config-server": startup-probe.failure-threshold is 0: write a whole number from 1 to 2147483647`,
			`sidecar "config-server": startup-probe.success-threshold is 2: it must be 1 here: only a readiness-probe can ask for more`,
			`sidecar "config-server": startup-probe checks nothing: add one of http-get, tcp-socket, exec, grpc or notify = true`,
			`sidecar "config-server": unknown key readiness-probe.httpGet: did you mean http-get?`,
			`sidecar "config-server": liveness-probe.http-get.scheme is "ftp": write "http" or "https"`,
			`sidecar "config-server": liveness-probe.http-get.host is "http://x": write a host's name or address without scheme or port, ` +
				`such as 127.0.0.1`,
			`sidecar "config-server": liveness-probe.http-get.port is 0: write a port's number, from 1 to 65535`,
			"sidecar \"config-server\": liveness-probe.http-get.headers has the name \"a b\": a header's name has only letters, digits " +
				"and !#$%&'*+-.^_`|~",
			`sidecar "config-server": liveness-probe.http-get.headers.d is "e\nf": a header's value can't hold line ends or other control ` +
				`characters`,
			`sidecar "config-server": liveness-probe.http-get.path is "health": write a path that begins with / and has no spaces, such as /health`,
			`sidecar "config-server": liveness-probe.tcp-socket.port is "http": write a port's number, from 1 to 65535`,
			`sidecar "config-server": liveness-probe.exec.command is empty: write what to run, such as ["./config-server", "--quiet"]`,
			`sidecar "config-server": liveness-probe.grpc.port is 65536: write a port's number, from 1 to 65535`,
			`sidecar "config-server": unknown key liveness-probe.grpc.servce: did you mean service?`,
			`sidecar "config-server": liveness-probe.success-threshold is 2: it must be 1 here: only a readiness-probe can ask for more`,
			`sidecar "config-server": liveness-probe has http-get and tcp-socket and exec and grpc and notify: keep one`,
		}},
		{"a probe's port missing", minimal + "startup-probe.tcp-socket.host = 'x'", []string{
			`sidecar "config-server": startup-probe.tcp-socket.port is missing: write a port's number, from 1 to 65535`,
		}},
		{"notify = false", minimal + "startup-probe.notify = false", []string{
			`sidecar "config-server": startup-probe checks nothing: add one of http-get, tcp-socket, exec, grpc or notify = true`,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := declare.Parse([]byte(c.toml), "sidecar.toml")
			expect := NewWithT(t).Expect
			expect(err).To(HaveOccurred())
			expect(told(err)).To(ConsistOf(prefixed("sidecar.toml: ", c.want)))
			expect(d).To(BeZero())
		})
	}
}

func TestWordsOfOtherToolsGetAHint(t *testing.T) {
	for word, want := range map[string]string{
		"args": "command", "ExecStart": "command", "environment": "env", "cwd": "working-dir", "workingDir": "working-dir",
		"directory":   "working-dir",
		"healthcheck": "readiness-probe", "readinessProbe": "readiness-probe", "restartPolicy": "restart", "autorestart": "restart",
		"Restart":    "restart",
		"depends_on": "depends-on", "terminationGracePeriodSeconds": "stop-grace-period-seconds", "stopwaitsecs": "stop-grace-period-seconds",
		"mem_limit": "memory", "process_types": "process-types", "stop": "stop-signal", "envFrom": "env-from", "StandardOutput": "logs",
		"liveness-probe.interval": "period-seconds", "liveness-probe.timeout": "timeout-seconds", "liveness-probe.retries": "failure-threshold",
		"liveness-probe.httpGet": "http-get", "liveness-probe.http": "http-get", "liveness-probe.initialDelaySeconds": "initial-delay-seconds",
	} {
		_, err := declare.Parse([]byte(minimal+word+" = 'x'\nliveness-probe.notify = true"), "sidecar.toml")
		NewWithT(t).Expect(told(err)).To(Equal([]string{
			`sidecar.toml: sidecar "config-server": unknown key ` + word + ": did you mean " + want + "?",
		}))
	}
}

func TestAWrongTypeSaysWhatToWrite(t *testing.T) {
	for text, want := range map[string]string{
		"max-restarts = '3'":             `max-restarts is "3": write 3, without quotes`,
		"max-restarts = 'many'":          `max-restarts is "many": write a whole number from 0 to 2147483647`,
		"stop-grace-period-seconds='5s'": `stop-grace-period-seconds is "5s": write 5, without quotes`,
		"essential = 'false'":            `essential is "false": write false, without quotes`,
		"essential = 'perhaps'":          `essential is "perhaps": write true or false, without quotes`,
		"env.A = true":                   `env.A is true: write "true", in quotes`,
		"files = [1.5]":                  `files[0] is 1.5: write "1.5", in quotes`,
		"depends-on = 'db'":              `depends-on is "db": write a table, such as { db = "started" }`,
		"process-types = 'web'":          `process-types is "web": write a list of text, such as ["web"]`,
	} {
		_, err := declare.Parse([]byte(minimal+text), "sidecar.toml")
		NewWithT(t).Expect(told(err)).To(Equal([]string{`sidecar.toml: sidecar "config-server": ` + want}))
	}
}

func TestAVariableThatIsCalledLikeAKeyGetsAWarning(t *testing.T) {
	source, err := declare.ParseSource([]byte(minimal+"[sidecars.env]\nPORT = '8080'\nrestart = 'always'"), "sidecar.toml")
	expect := NewWithT(t).Expect
	expect(err).NotTo(HaveOccurred())
	expect(source.Warnings).To(HaveLen(1))
	expect(source.Warnings[0]).To(HaveSuffix(`: sidecar "config-server": env.restart is "always": a variable here: ` +
		"write the key of that name above [sidecars.env]"))
}

func TestADelayThatTheBudgetCutsShortGetsAWarning(t *testing.T) {
	source, err := declare.ParseSource([]byte("app.stop-delay-seconds = 5\n"+minimal+"stop-delay-seconds = 4.5"), "sidecar.toml")
	expect := NewWithT(t).Expect
	expect(err).NotTo(HaveOccurred())
	expect(source.Warnings).To(Equal([]string{"sidecar.toml:1:26: app.stop-delay-seconds is 5: it takes at most half of the 9 seconds " +
		"within which all have to stop: set BPL_SIDECAR_STOP_BUDGET_SECONDS to more where the image runs, or write less"}))
}

func TestAGraceThatTheBudgetCutsShortGetsAWarning(t *testing.T) {
	source, err := declare.ParseSource([]byte("app.stop-grace-period-seconds = 9.5\n"+minimal+"stop-grace-period-seconds = 9"), "sidecar.toml")
	expect := NewWithT(t).Expect
	expect(err).NotTo(HaveOccurred())
	expect(source.Warnings).To(Equal([]string{"sidecar.toml:1:33: app.stop-grace-period-seconds is 9.5: all have to stop within 9 seconds: " +
		"set BPL_SIDECAR_STOP_BUDGET_SECONDS to more where the image runs, or write less"}))
}

func TestErrorsSayWhere(t *testing.T) {
	_, err := declare.Parse([]byte(`# first
[app]
depends-on = { agent = "ready", "ü" = "started" }

[[sidecars]]
name = "agent"
command = ["./agent"]
memory = 64
[sidecars.readiness-probe]
http-get = { "pörts" = 1, port = "8080" }

[[sidecars]]
command = "x"
files = [
  "a",
  "../b", 7,
]
`), "sidecar.toml")
	NewWithT(t).Expect(strings.Split(err.Error(), "\n")).To(HaveExactElements(
		`sidecar.toml:8:10: sidecar "agent": memory is 64: write a number and a unit in quotes, such as "64M" (B, K, M, G, T; base 1024)`,
		`sidecar.toml:10:14: sidecar "agent": unknown key readiness-probe.http-get."pörts": did you mean port?`,
		`sidecar.toml:10:34: sidecar "agent": readiness-probe.http-get.port is "8080": write 8080, without quotes`,
		`sidecar.toml:12:3: sidecars[1]: name is missing: every sidecar needs one`,
		`sidecar.toml:16:3: sidecars[1]: files[1] is "../b": write a path inside the app's directory, relative to it, without ..`,
		`sidecar.toml:16:11: sidecars[1]: files[2] is 7: write "7", in quotes`,
	))
	_, err = declare.Parse([]byte("[app]\ndepends-on = {\"ü\" = 'ready', x = 'started'}"), "sidecar.toml")
	NewWithT(t).Expect(strings.Split(err.Error(), "\n")).To(HaveExactElements(
		HavePrefix(`sidecar.toml:2:21: app.depends-on."ü" names no sidecar`), HavePrefix(`sidecar.toml:2:34: app.depends-on.x names no sidecar`),
	))
}

// told returns the lines of an error without the positions, of which TestErrorsSayWhere tells.
func told(err error) []string {
	return strings.Split(position.ReplaceAllString(err.Error(), ": "), "\n")
}

var position = regexp.MustCompile(`:\d+:\d+: `)

func prefixed(prefix string, lines []string) []string {
	all := make([]string, len(lines))
	for i, line := range lines {
		all[i] = prefix + line
	}
	return all
}
