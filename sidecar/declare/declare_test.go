package declare_test

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/memory"
	"github.com/sidecar-buildpack/sidecar/sidecar/probe"
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
		ProcessTypes:           []string{"web"},
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

func TestParseFillsInDefaults(t *testing.T) {
	d, err := declare.Parse([]byte(minimal), "sidecar.toml")
	expect := NewWithT(t).Expect
	expect(err).NotTo(HaveOccurred())
	expect(d).To(Equal(declare.Declaration{
		App:      declare.App{Logs: "raw"},
		Sidecars: []declare.Sidecar{defaults("config-server", "./config-server")},
	}))
}

func TestParseReadsEveryKey(t *testing.T) {
	d, err := declare.Parse([]byte(`
[app]
depends-on = { config-server = "ready" }
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
	checked := func(p probe.Probe) *probe.Probe {
		p.PeriodSeconds, p.TimeoutSeconds, p.FailureThreshold = 10, 1, 3
		p.SuccessThreshold = max(1, p.SuccessThreshold)
		return &p
	}
	checkedAtStart := checked(probe.Probe{TCPSocket: &probe.TCPSocket{Host: "127.0.0.1", Port: 8080}})
	checkedAtStart.PeriodSeconds, checkedAtStart.FailureThreshold = 1, 30
	vault := defaults("The Vault", "bash", "-c", "./vault --port $PORT")
	vault.InheritEnv = declare.Names{}
	expect(d).To(Equal(declare.Declaration{
		App: declare.App{
			DependsOn:              map[string]string{"config-server": "ready"},
			StopGracePeriodSeconds: 20,
			Logs:                   "json",
			StartupProbe:           checkedAtStart,
			ReadinessProbe:         checked(probe.Probe{GRPC: &probe.GRPC{Host: "127.0.0.1", Port: 9000, Service: "shop"}, SuccessThreshold: 2}),
			LivenessProbe:          checked(probe.Probe{Notify: true}),
		},
		Sidecars: []declare.Sidecar{{
			Name:                 "config-server",
			ProcessTypes:         []string{"web", "worker"},
			Command:              declare.Command{"./config-server", "--quiet", ""},
			Files:                []string{"config-server", "conf/app.yml"},
			WorkingDir:           "conf",
			Memory:               1536 * memory.M,
			Env:                  map[string]string{"LOG_LEVEL": "info", "EMPTY": ""},
			InheritEnv:           declare.Names{"PATH", "PORT"},
			DependsOn:            map[string]string{"The Vault": "started"},
			Restart:              "on-failure",
			RestartWindowSeconds: 0.5,
			StopSignal:           "SIGINT",
			Logs:                 "raw",
			StartupProbe: &probe.Probe{
				HTTPGet: &probe.HTTPGet{
					Scheme: "https", Host: "localhost", Port: 8082, Path: "/config/", Headers: map[string]string{"X-Who": "me"},
				},
				InitialDelaySeconds: 0.25, PeriodSeconds: 1, TimeoutSeconds: 2, SuccessThreshold: 1, FailureThreshold: 30,
			},
			ReadinessProbe: checked(probe.Probe{Exec: &probe.Exec{Command: []string{"pg_isready", "--quiet"}}}),
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
		{"syntax", "[[sidecars]]\nname = 'a", []string{"line 2: not TOML: unexpected EOF; expected \"'\""}},
		{"a key twice", "a = 1\na = 2", []string{"line 2: not TOML: Key 'a' has already been defined"}},
		{"one bracket", "[sidecars]\nname = 'a'", []string{"sidecars is a table: write [[sidecars]], with two brackets"}},
		{"sidecars that are text", "sidecars = 'a'", []string{`sidecars is "a": write [[sidecars]], with two brackets`}},
		{"a sidecar that is text", "sidecars = ['a']", []string{`sidecars[0] is "a": write a table`}},
		{"an app that is a list", "app = []", []string{"app is a list: write a table, { … }"}},
		{"env of all", "env = { A = 'b' }", []string{"unknown key env: there are app, sidecars"}},
		{"a key like no other", minimal + "xyzzy = 1", []string{
			"unknown key sidecars[0].xyzzy: there are name, process-types, command, files, working-dir, dependencies, memory, env, inherit-env, " +
				"depends-on, restart, max-restarts, restart-window-seconds, essential, stop-signal, stop-grace-period-seconds, logs, " +
				"startup-probe, readiness-probe, liveness-probe",
		}},
		{"near keys", minimal + "procces_types = ['web']\n[sidecars.stratup-probe]\ntcp-socket = { port = 80 }\n[aap]\nlogs = 'raw'", []string{
			"unknown key sidecars[0].procces_types: did you mean process-types?",
			"unknown key sidecars[0].stratup-probe: did you mean startup-probe?",
			"unknown key aap: did you mean app?",
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
			`sidecars[0].process-types is "web": write a list of text, such as ["web"]`,
			`sidecars[0].files[1] is 3: write text in quotes, without a NUL`,
			`sidecars[0].working-dir is a date: write text in quotes`,
			`sidecars[0].memory is 64: write a number and a unit in quotes, such as "64M" (B, K, M, G, T; base 1024)`,
			`sidecars[0].env.A is 5: write text in quotes`,
			`sidecars[0].env has the name "": a variable's name can't be empty or hold = or NUL`,
			`sidecars[0].env has the name "C=D": a variable's name can't be empty or hold = or NUL`,
			`sidecars[0].inherit-env is "all": write true, false or a list of variables' names`,
			`sidecars[0].depends-on is a list: write a table, { … }`,
			`sidecars[0].restart is true: write text in quotes`,
			`sidecars[0].max-restarts is 1.5: write a whole number from 0 to 2147483647`,
			`sidecars[0].restart-window-seconds is "1m": write a number of seconds, such as 5 or 0.5, without quotes or a unit`,
			`sidecars[0].essential is "yes": write true or false, without quotes`,
			`sidecars[0].stop-signal is 9: write text in quotes`,
			`sidecars[0].stop-grace-period-seconds is -1: write a number of seconds from 0 to 2147483647`,
			`sidecars[0].readiness-probe is true: write a table, { … }`,
			`sidecars[0].files is "../x": write a path inside the app's directory, relative to it, without ..`,
			`sidecars[0].files is "": write a path inside the app's directory, relative to it, without ..`,
			`sidecars[0].files is "/etc/passwd": write a path inside the app's directory, relative to it, without ..`,
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
			`sidecars[0].memory: "64" is not an amount of memory: write a number and a unit, such as 64M or 1.5G (B, K, M, G, T; base 1024)`,
			`sidecars[0].inherit-env[1] is "A=B": write a variable's name`,
			`sidecars[0].inherit-env[2] is "": write a variable's name`,
			`sidecars[0].depends-on.app is "up": write started, ready or completed`,
			`sidecars[0].restart is "sometimes": write never, on-failure or always`,
			`sidecars[0].max-restarts is -1: write a whole number from 0 to 2147483647`,
			`sidecars[0].stop-signal is "SIGTREM": write a signal's name, such as SIGTERM, SIGINT or SIGQUIT`,
			`sidecars[0].stop-grace-period-seconds is +Inf: write a number of seconds from 0 to 2147483647`,
			`sidecars[0].logs is "text": write prefix, raw or json`,
			`sidecars[0].working-dir is "conf/../..": write a path inside the app's directory, relative to it, without ..`,
		}},
		{"a NUL", minimal + `working-dir = "a\u0000"`, []string{`sidecars[0].working-dir is "a\x00": text can't hold a NUL here`}},
		{"a NUL in a variable", minimal + `env = { A = "a\u0000" }`, []string{`sidecars[0].env.A is "a\x00": text can't hold a NUL here`}},
		{"long text", minimal + "restart = '" + strings.Repeat("é", 90) + "'", []string{
			`sidecars[0].restart is "` + strings.Repeat("é", 80) + `…": write never, on-failure or always`,
		}},
		{"nothing to run", "sidecars = [{name = 'a'}, {name = 'b', command = []}, {name = 'c', command = ['']}, {name = 'd', command = ' '}, " +
			"{name = 'e', command = 1}, {name = 'f', command = \"./x 'y\"}]", []string{
			`sidecars[0].command is missing: write what to run, such as ["./config-server", "--quiet"]`,
			`sidecars[1].command is empty: write what to run, such as ["./config-server", "--quiet"]`,
			`sidecars[2].command is empty: write what to run, such as ["./config-server", "--quiet"]`,
			`sidecars[3].command is " ": write what to run, such as ["./config-server", "--quiet"]`,
			`sidecars[4].command is 1: write what to run, such as ["./config-server", "--quiet"]`,
			`sidecars[5].command is "./x 'y": it ends in the middle of a quote or an expansion: ` +
				`close it, or write a list, such as ["bash", "-c", "…"]`,
		}},
		{"names", "sidecars = [{command = 'x'}, {name = '', command = 'x'}, {name = 3, command = 'x'}, {name = 'My Cat', command = 'x'}, " +
			"{name = 'my-cat', command = 'x'}, {name = 'My Cat', command = 'x'}, {name = 'App', command = 'x'}, {name = '猫', command = 'x'}, " +
			`{name = "a\nb", command = 'x'}]`, []string{
			`sidecars[0].name is missing: every sidecar needs one`,
			`sidecars[1].name is missing: every sidecar needs one`,
			`sidecars[2].name is 3: write text in quotes`,
			`sidecars[4].name is "my-cat" and sidecars[3].name is "My Cat", which both become "my-cat" in file names: rename one`,
			`sidecars[5].name is "My Cat", the same as sidecars[3].name: rename one`,
			`sidecars[6].name is "App": that is the main process's name, choose another`,
			`sidecars[7].name is "猫": write at least one letter from a to z or a digit, since files are named after it`,
			`sidecars[8].name is "a\nb": it can't hold line ends or other control characters`,
		}},
		{"a long name", "sidecars = [{name = '" + strings.Repeat("a", 256) + "', command = 'x'}]", []string{
			`sidecars[0].name is "` + strings.Repeat("a", 80) + `…": it is too long, write at most 255 characters`,
		}},
		{"process types",
			"sidecars = [{name = 'a', command = 'x', process-types = []}, {name = 'b', command = 'x', process-types = ['web', 'a b', '']}]",
			[]string{
				`sidecars[0].process-types is an empty list: write at least one, or leave the key out`,
				`sidecars[1].process-types[1] is "a b": a process type has only letters, digits, dots, underscores and hyphens`,
				`sidecars[1].process-types[2] is "": a process type has only letters, digits, dots, underscores and hyphens`,
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
			`sidecars[0].startup-probe.period-seconds is 0: write a number of seconds from 0.001 to 2147483647`,
			`sidecars[0].startup-probe.timeout-seconds is NaN: write a number of seconds from 0.001 to 2147483647`,
			`sidecars[0].startup-probe.failure-threshold is 0: write a whole number from 1 to 2147483647`,
			`sidecars[0].startup-probe.success-threshold is 2: it must be 1 here: only a readiness-probe can ask for more`,
			`sidecars[0].startup-probe checks nothing: add one of http-get, tcp-socket, exec, grpc or notify = true`,
			`unknown key sidecars[0].readiness-probe.httpGet: did you mean http-get?`,
			`sidecars[0].liveness-probe.http-get.scheme is "ftp": write http or https`,
			`sidecars[0].liveness-probe.http-get.host is "http://x": write a host's name or address without scheme or port, such as 127.0.0.1`,
			`sidecars[0].liveness-probe.http-get.port is 0: write a port's number, from 1 to 65535`,
			"sidecars[0].liveness-probe.http-get.headers has the name \"a b\": a header's name has only letters, digits and !#$%&'*+-.^_`|~",
			`sidecars[0].liveness-probe.http-get.headers.d is "e\nf": a header's value can't hold line ends or other control characters`,
			`sidecars[0].liveness-probe.http-get.path is "health": write a path that begins with / and has no spaces, such as /health`,
			`sidecars[0].liveness-probe.tcp-socket.port is "http": write a port's number, from 1 to 65535`,
			`sidecars[0].liveness-probe.exec.command is empty: write what to run, such as ["./config-server", "--quiet"]`,
			`sidecars[0].liveness-probe.grpc.port is 65536: write a port's number, from 1 to 65535`,
			`unknown key sidecars[0].liveness-probe.grpc.servce: did you mean service?`,
			`sidecars[0].liveness-probe.success-threshold is 2: it must be 1 here: only a readiness-probe can ask for more`,
			`sidecars[0].liveness-probe has http-get and tcp-socket and exec and grpc and notify: keep one`,
		}},
		{"a probe's port missing", minimal + "startup-probe.tcp-socket.host = 'x'", []string{
			`sidecars[0].startup-probe.tcp-socket.port is missing: write a port's number, from 1 to 65535`,
		}},
		{"notify = false", minimal + "startup-probe.notify = false", []string{
			`sidecars[0].startup-probe checks nothing: add one of http-get, tcp-socket, exec, grpc or notify = true`,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := declare.Parse([]byte(c.toml), "sidecar.toml")
			expect := NewWithT(t).Expect
			expect(err).To(HaveOccurred())
			expect(strings.Split(err.Error(), "\n")).To(HaveExactElements(prefixed("sidecar.toml: ", c.want)))
			expect(d).To(BeZero())
		})
	}
}

func prefixed(prefix string, lines []string) []string {
	all := make([]string, len(lines))
	for i, line := range lines {
		all[i] = prefix + line
	}
	return all
}
