package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/export"
)

// targets are the exports that have to carry each key or name it as lost.
var targets = map[string][]string{
	"a container each":          {"kubernetes", "--shape", "split"},
	"a container each, in 1.29": {"kubernetes", "--shape", "split", "--kubernetes", "1.29"},
	"a container each, in 1.36": {"kubernetes", "--shape", "split", "--kubernetes", "1.36", "--fate", "restart-all"},
	"a job":                     {"kubernetes", "--shape", "split", "--kind", "Job", "--deadline-seconds", "9"},
	oneContainer:                {"kubernetes", "--shape", "one"},
	"Compose":                   {"compose"},
	"Cloud Foundry":             {"cloudfoundry"},
}

// oneContainer has the supervisor in it, as the app's own has, which heeds all but what the platform has to give it: files, secrets and
// time.
const oneContainer = "one container"

var platforms = []string{"env-from.file", "env-from.binding", "stop-grace-period-seconds", "stop-delay-seconds"}

// inImage are the keys that the image carries out, whatever runs it.
var inImage = []string{"name", "command", "process-types", "files", "dependencies", "requires"}

// inContainer is what a container of its own gives, wherever it runs: nobody else's processes are in it.
const inContainer = "sandbox.mode"

// samples are two declarations of a sidecar for each key: they differ in nothing but that.
var samples = map[string]struct{ without, with string }{
	"working-dir":              {"", `working-dir = "conf"`},
	"memory":                   {"", `memory = "64M"`},
	"memory-policy":            {`memory = "64M"`, `memory-policy = "warn"`},
	"env":                      {"", `env = { LEVEL = "info" }`},
	"env-from.file":            {"", `env-from = [{ file = "/etc/agent.env" }]`},
	"env-from.binding":         {"", `env-from = [{ binding = "apm" }]`},
	"env-from.prefix":          {`env-from = [{ file = "/etc/agent.env" }]`, `env-from = [{ file = "/etc/agent.env", prefix = "APM_" }]`},
	"inherit-env":              {"", `inherit-env = ["PATH"]`},
	"depends-on":               {"", `depends-on = { other = "completed" }`},
	"on-change.paths":          {"", `on-change = { paths = ["/etc/certs"], do = "HUP" }`},
	"on-change.do":             {"", `on-change = { paths = ["/etc/certs"], do = "SIGUSR1" }`},
	"restart":                  {"", `restart = "on-failure"`},
	"max-restarts":             {`restart = "on-failure"`, `max-restarts = 3`},
	"restart-window-seconds":   {`restart = "on-failure"`, `restart-window-seconds = 7`},
	"backoff-seconds":          {`restart = "on-failure"`, `backoff-seconds = 7`},
	"backoff-max-seconds":      {`restart = "on-failure"`, `backoff-max-seconds = 7`},
	"success-exit-codes":       {`restart = "on-failure"`, `success-exit-codes = [0, 143]`},
	"restart-on-exit-codes":    {`restart = "never"`, `restart-on-exit-codes = [75]`},
	"no-restart-on-exit-codes": {`restart = "always"`, `no-restart-on-exit-codes = [2]`},
	"essential":                {"", `essential = false`},

	"stop-signal":               {"", `stop-signal = "SIGINT"`},
	"stop-grace-period-seconds": {"", `stop-grace-period-seconds = 20`},
	"stop-delay-seconds":        {"", `stop-delay-seconds = 3`},
	"logs":                      {"", `logs = "json"`},
	"sandbox.read":              {"", `sandbox = { read = ["/etc/ssl"] }`},
	"sandbox.write":             {"", `sandbox = { write = ["/var/cache"] }`},
	"sandbox.connect-ports":     {"", `sandbox = { connect-ports = [443] }`},
	"sandbox.bind-ports":        {"", `sandbox = { bind-ports = [443] }`},
}

// checks are the same for what stands in a probe or in a pre-stop.
var checks = map[string]struct{ without, with string }{
	"http-get.scheme":       {`http-get = { port = 1, host = "10.1.2.3" }`, `http-get = { port = 1, host = "10.1.2.3", scheme = "https" }`},
	"http-get.host":         {`http-get = { port = 1 }`, `http-get = { port = 1, host = "10.1.2.3" }`},
	"http-get.port":         {`http-get = { port = 1 }`, `http-get = { port = 2 }`},
	"http-get.path":         {`http-get = { port = 1 }`, `http-get = { port = 1, path = "/up" }`},
	"http-get.headers":      {`http-get = { port = 1 }`, `http-get = { port = 1, headers = { X = "y" } }`},
	"tcp-socket.host":       {`tcp-socket = { port = 1 }`, `tcp-socket = { port = 1, host = "10.1.2.3" }`},
	"tcp-socket.port":       {`tcp-socket = { port = 1 }`, `tcp-socket = { port = 2 }`},
	"exec.command":          {`exec = { command = ["a"] }`, `exec = { command = ["b"] }`},
	"grpc.host":             {`grpc = { port = 1 }`, `grpc = { port = 1, host = "10.1.2.3" }`},
	"grpc.port":             {`grpc = { port = 1 }`, `grpc = { port = 2 }`},
	"grpc.service":          {`grpc = { port = 1 }`, `grpc = { port = 1, service = "x" }`},
	"notify":                {``, `notify = true`},
	"initial-delay-seconds": {`exec = { command = ["a"] }`, `exec = { command = ["a"] }, initial-delay-seconds = 7`},
	"period-seconds":        {`exec = { command = ["a"] }`, `exec = { command = ["a"] }, period-seconds = 7`},
	"timeout-seconds":       {`exec = { command = ["a"] }`, `exec = { command = ["a"] }, timeout-seconds = 7`},
	"success-threshold":     {`exec = { command = ["a"] }`, `exec = { command = ["a"] }, success-threshold = 2`},
	"failure-threshold":     {`exec = { command = ["a"] }`, `exec = { command = ["a"] }, failure-threshold = 7`},
}

func TestEachKeyIsCarriedOrNamedAsLost(t *testing.T) {
	for target, args := range targets {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			for _, table := range declare.Keys() {
				for _, path := range paths("", table.Type.Keys) {
					first, _, _ := strings.Cut(path, ".")
					isSupervisors := target == oneContainer || table.Name == "app" && target != "Cloud Foundry"
					isSupervisors = isSupervisors && !slices.Contains(platforms, path)
					if !slices.Contains(inImage, first) && !isSupervisors && path != inContainer {
						carried(t, args, table.Name, path)
					}
				}
			}
		})
	}
}

// paths returns those of all keys of a table, and of tables in it instead of theirs.
func paths(parent string, keys []declare.Key) (all []string) {
	for _, key := range keys {
		path := strings.TrimPrefix(parent+"."+key.Name, ".")
		if len(key.Type.Keys) == 0 {
			all = append(all, path)
		}
		all = append(all, paths(path, key.Type.Keys)...)
	}
	return all
}

// carried fails where an export is the same with a key and without, and does not name it either.
func carried(t *testing.T, args []string, table, path string) {
	t.Helper()
	without, with := sample(t, path)
	if path == "startup-probe.success-threshold" || path == "liveness-probe.success-threshold" {
		return // these can be nothing but 1
	}
	before, _ := exportOf(t, args, declaration(table, without))
	after, losses := exportOf(t, args, declaration(table, with))
	name := map[string]string{"app": "app", "sidecars": "agent"}[table]
	named := slices.ContainsFunc(losses, func(l export.Loss) bool {
		return l.Process == name && (l.Key == path || strings.HasPrefix(path, l.Key+"."))
	})
	if before == after && !named {
		t.Errorf("%s.%s is passed over: %v\n%s", table, path, losses, after)
	}
}

// sample returns what is declared without a key, and with it.
func sample(t *testing.T, path string) (without, with string) {
	t.Helper()
	first, rest, _ := strings.Cut(path, ".")
	if strings.HasSuffix(first, "-probe") || first == "pre-stop" {
		check, found := checks[rest]
		if !found {
			t.Fatalf("%s has no sample: add one to checks", path)
		}
		if check.without != "" {
			without = first + " = { " + check.without + " }"
		}
		return without, first + " = { " + check.with + " }"
	}
	own, found := samples[path]
	if !found {
		t.Fatalf("%s has no sample: add one to samples", path)
	}
	with = own.without + "\n" + own.with
	if strings.HasPrefix(path, "env-from") || first == "restart" { // the same key twice would be an error
		with = own.with
	}
	return own.without, with
}

// declaration returns a sidecar.toml where one table says so.
func declaration(table, says string) string {
	app, agent := "", says
	if table == "app" {
		app, agent = says, ""
	}
	return "[app]\n" + app + "\n[[sidecars]]\nname = \"agent\"\ncommand = [\"./agent\"]\n" + agent +
		"\n[[sidecars]]\nname = \"other\"\ncommand = [\"./other\"]\nessential = false\n"
}

// exportOf returns what an export writes, without its comments, and what it names as lost.
func exportOf(t *testing.T, args []string, text string) (string, export.Losses) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "sidecar.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	args = append(append([]string{"export"}, args...), "--file", file, "--image", "shop:1", "--memory", "1G", "--json")
	g := NewWithT(t)
	g.Expect(Main(args, &out, &errs)).To(Equal(0), errs.String()+text)
	var said struct{ Losses export.Losses }
	g.Expect(json.Unmarshal(errs.Bytes(), &said)).To(Succeed())
	var kept []string
	for line := range strings.Lines(out.String()) {
		if !strings.HasPrefix(line, "#") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, ""), said.Losses
}
