package adopt_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/adopt"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
)

func in(t *testing.T, files map[string]string) ([]adopt.Found, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return adopt.In(dir)
}

const ends = "that the others go on when a program has ended: all end with it here, unless it has essential = false"

func TestWhatOtherToolsSayBecomesADeclaration(t *testing.T) {
	for name, c := range map[string]struct {
		file, text, want string
		lost             []string
	}{
		"Procfile": {"Procfile", "# types\nweb: ./app\nrelease: ./migrate\nagent: ./agent --port $PORT\n",
			"# from Procfile: remove it where it runs in a container of its own\n[[sidecars]]\n" +
				"name = \"agent\"\ncommand = \"./agent --port $PORT\"\n",
			[]string{"release runs once before a deploy, not beside the app"}},
		"supervisord": {"supervisord.conf", "[supervisord]\nnodaemon=true\n\n" +
			"[program:my agent]\ncommand=/app/agent -v %(ENV_LEVEL)s ; the agent\n" +
			"directory=conf\nenvironment=A=\"x,y\",B='%(ENV_HOME)s/z',C=1\nautorestart=unexpected\nstartretries=7\nstopsignal=QUIT\n" +
			"stopwaitsecs=4\nexitcodes=0,2\nuser=nobody\npriority=5\n",
			"# from supervisord.conf: remove it where it is the app itself, and put its stop-signal, stop-grace-period-seconds under [app]\n" +
				"[[sidecars]]\nname = \"my agent\"\n" +
				"command = [\"/app/agent\", \"-v\", \"$(LEVEL)\"]\nworking-dir = \"conf\"\nenv = { A = \"x,y\", B = \"$(HOME)/z\", C = \"1\" }\n" +
				"restart = \"on-failure\"\nmax-restarts = 7\nstop-signal = \"SIGQUIT\"\nstop-grace-period-seconds = 4\nsuccess-exit-codes = [0, 2]\n",
			[]string{"my agent: user = nobody: every process has the container's user",
				"my agent: priority = 5: write depends-on: what waits for what; for a job, [app] with depends-on = { migrate = \"completed\" }",
				ends}},
		"supervisord's values in several lines": {"supervisord.conf", "[supervisord]\nenvironment=LEVEL=\"1\",HOST=h\n" +
			"[program:a]\ncommand=./a\n    --one ; the first\n  ; the second\n    --two\nautorestart=true\n" +
			"environment=\n    A=\"1\",\n    LEVEL = '2 #', ; louder\n" +
			"[program:b]\ncommand=./b\nautorestart=true\n",
			"# from supervisord.conf: remove it where it is the app itself\n[[sidecars]]\nname = \"a\"\n" +
				"command = [\"./a\", \"--one\", \"--two\"]\nrestart = \"always\"\nenv = { A = \"1\", HOST = \"h\", LEVEL = \"2 #\" }\n" +
				"\n# from supervisord.conf: remove it where it is the app itself\n[[sidecars]]\nname = \"b\"\ncommand = [\"./b\"]\n" +
				"restart = \"always\"\nenv = { HOST = \"h\", LEVEL = \"1\" }\n", nil},
		"supervisord's app and priorities": {"supervisord.conf", "[supervisord]\nuser=root\n[program:app]\ncommand=./a\nautostart=true\n" +
			"priority=1\nstopsignal=quit\nstopwaitsecs=30\nenvironment=A=1\n[program:b]\ncommand=./b\nautorestart=true\npriority=2\n" +
			"[program:c]\ncommand=./c\nautorestart=true\npriority=3\n",
			"[app]\nstop-signal = \"SIGQUIT\" # from supervisord.conf\nstop-grace-period-seconds = 30 # from supervisord.conf\n" +
				"\n# from supervisord.conf\n[[sidecars]]\nname = \"b\"\ncommand = [\"./b\"]\n" +
				"restart = \"always\"\n" +
				"\n# from supervisord.conf\n[[sidecars]]\nname = \"c\"\ncommand = [\"./c\"]\n" +
				"restart = \"always\"\n",
			[]string{"supervisord: user = root: every process has the container's user",
				"app is the app, whose command a buildpack or a Procfile gives, and whose variables the container has; " +
					"left out: command, priority, environment",
				"b: priority = 2, c: priority = 3: write depends-on: what waits for what; " +
					"for a job, [app] with depends-on = { migrate = \"completed\" }"}},
		"supervisord's values that are as ours, and those that are wrong": {"supervisord.conf", "[program:b]\ncommand=./b\n" +
			"autostart=true\nautorestart=true\nnumprocs=1\nredirect_stderr=false\nstopasgroup=true\nkillasgroup=true\n" +
			"stdout_logfile=/dev/stdout\nstdout_logfile_maxbytes=0\nstderr_logfile=/dev/fd/2\nexitcodes=0,z\nenvironment=A\n",
			"# from supervisord.conf: remove it where it is the app itself\n[[sidecars]]\nname = \"b\"\n" +
				"command = [\"./b\"]\nrestart = \"always\"\n",
			[]string{"b: exitcodes = 0,z: z is no number", "b: environment: A: it has no value"}},
		"supervisord's expressions and defaults": {"supervisord.conf", "[program:a]\n" +
			"command=%(here)s/agent --name %(program_name)s \"50%% of $(x)\" --on %(host_node_name)s --id %(process_num)02d\n" +
			"directory=/workspace\n" +
			"[program:b]\ncommand=bash -c 'a | b'\ndirectory=/workspace/x/\nautorestart=true\n" +
			"[program:c]\ncommand=a | b %(ENV_X)s\ndirectory=/srv\nautorestart=false\n[group:all]\nprograms=a,b\n",
			"# from supervisord.conf: remove it where it is the app itself\n[[sidecars]]\nname = \"a\"\n" +
				"command = [\"./agent\", \"--name\", \"a\", \"50% of $$(x)\", \"--on\", \"%(host_node_name)s\", " +
				"\"--id\", \"%(process_num)02d\"]\nrestart = \"on-failure\"\n" +
				"\n# from supervisord.conf: remove it where it is the app itself\n[[sidecars]]\nname = \"b\"\n" +
				"command = [\"bash\", \"-c\", \"a | b\"]\nworking-dir = \"x\"\nrestart = \"always\"\n" +
				"\n# from supervisord.conf: remove it where it is the app itself\n" +
				"# All end when this one has ended, with status 0 too. Where they are to go on, write essential = false.\n" +
				"# Where they wait for its end, as for a job, write below: [app], depends-on = { c = \"completed\" }\n" +
				"[[sidecars]]\nname = \"c\"\ncommand = \"a | b ${X}\"\nrestart = \"never\"\n",
			[]string{"a: command: write what %(host_node_name)s is", "a: command: write what %(process_num)02d is",
				"c: command = a | b %(ENV_X)s: it can't be split into words, and goes through a shell",
				"c: directory = /srv: it is outside of the app", "[group:all]: there is nothing like it", ends}},
		"Compose's variables and directories": {"compose.yaml", "services:\n  a:\n    build: .\n    working_dir: /workspace/x\n" +
			"    command: [./a, $PORT, \"${PORT}0\", \"$$HOME $$(id)\", \"${LEVEL:-info}\"]\n    environment: {URL: \"http://${HOST}\"}\n" +
			"  b:\n    build: .\n    restart: on-failure:x\n    working_dir: /srv\n    entrypoint: ./b --on\n    command: [\"${DB:?none}\", now]\n",
			"# from compose.yaml: remove it where it is the app itself\n[[sidecars]]\nname = \"a\"\n" +
				"command = [\"./a\", \"$(PORT)\", \"$(PORT)0\", \"$HOME $$(id)\", \"${LEVEL:-info}\"]\nworking-dir = \"x\"\n" +
				"env = { URL = \"http://$(HOST)\" }\n" +
				"\n# from compose.yaml: remove it where it is the app itself\n[[sidecars]]\nname = \"b\"\n" +
				"command = [\"./b\", \"--on\", \"${DB:?none}\", \"now\"]\nrestart = \"on-failure\"\n",
			[]string{"service a: ${LEVEL:-info}: write its value", "service b: ${DB:?none}: write its value",
				"b: working_dir = /srv: it is outside of the app", "service b: restart = on-failure:x: x is no number"}},
		"Compose's app": {"compose.yaml", "services:\n  front:\n    build: .\n    ports: [\"80:80\"]\n    network_mode: \"service:a\"\n" +
			"    environment: {A: b}\n    depends_on: {a: {condition: service_completed_successfully}, db: {condition: service_started}}\n" +
			"    stop_signal: SIGQUIT\n  db: {image: postgres}\n  web: {image: nginx}\n" +
			"  a:\n    build: .\n    restart: on-failure:3\n    command: ./a up ${DB:?no DB}\n    network_mode: host\n    expose: [\"1\"]\n" +
			"    healthcheck: {test: [CMD, ./h, $$A, $X]}\n",
			"[app]\ndepends-on = { a = \"completed\" } # from compose.yaml\nstop-signal = \"SIGQUIT\" # from compose.yaml\n" +
				"\n# from compose.yaml\n" +
				"[[sidecars]]\nname = \"a\"\ncommand = [\"./a\", \"up\", \"${DB:?no\", \"DB}\"]\n" +
				"restart = \"on-failure\"\nmax-restarts = 3\nreadiness-probe = { exec = { command = [\"./h\", \"$A\", \"$X\"] } }\n",
			[]string{"service a: ${DB:?no: write its value",
				"service a: healthcheck: $X: write its value", "service db: its command is only in its image postgres",
				"service front: depends_on db: that becomes no sidecar",
				"service front is the app, whose command a buildpack or a Procfile gives, and whose variables the container has; " +
					"left out: environment, network_mode, ports", "service web: its command is only in its image nginx",
				"service a: expose, service a: network_mode: app and sidecars share 127.0.0.1"}},
		"Compose's health checks and limits": {"compose.yaml", "services:\n  a:\n    build: .\n    command: ./a\n" +
			"    env_file: [a.env, /etc/x.env]\n    deploy: {resources: {limits: {memory: 64M}}}\n" +
			"    healthcheck: {test: [CMD, ./h], interval: 1m30s, timeout: 2500ms, retries: 5, start_period: 40s}\n" +
			"  b:\n    build: .\n    command: ./b\n    deploy: {replicas: 2, resources: {limits: {memory: 1G}}}\n",
			"# from compose.yaml: remove it where it is the app itself, and put its readiness-probe under [app]\n[[sidecars]]\n" +
				"name = \"a\"\ncommand = [\"./a\"]\n" +
				"env-from = [{ file = \"/workspace/a.env\" }]\nmemory = \"64M\"\nreadiness-probe = { exec = { command = [\"./h\"] }, " +
				"failure-threshold = 5, period-seconds = 90, timeout-seconds = 2.5 }\n" +
				"\n# from compose.yaml: remove it where it is the app itself\n[[sidecars]]\nname = \"b\"\ncommand = [\"./b\"]\nmemory = \"1G\"\n",
			[]string{"service a: env_file = /etc/x.env: it is outside of the app",
				"service a: healthcheck: start_period and start_interval: a readiness-probe may fail for as long as it takes",
				"service b: deploy: only its resources.limits.memory has something like it"}},
		"Compose": {"compose.yaml", "services:\n  db: {image: postgres}\n" +
			"  agent:\n    build: .\n    command: [./agent, --level, \"a \\\"b\\\"\"]\n" +
			"    mem_limit: 64m\n    ports: [\"8080\"]\n    tty: true\n" +
			"    restart: unless-stopped\n    stop_grace_period: 1500ms\n    environment: {LEVEL: info}\n" +
			"    depends_on: {db: {condition: service_healthy}}\n    healthcheck: {test: \"curl -f http://localhost\"}\n",
			"# from compose.yaml: remove it where it is the app itself, and put its stop-grace-period-seconds, readiness-probe under [app]\n" +
				"[[sidecars]]\nname = \"agent\"\n" +
				"command = [\"./agent\", \"--level\", \"a \\\"b\\\"\"]\nenv = { LEVEL = \"info\" }\n" +
				"memory = \"64M\"\nrestart = \"always\"\nstop-grace-period-seconds = 1.5\n" +
				"readiness-probe = { exec = { command = [\"sh\", \"-c\", \"curl -f http://localhost\"] } }\n",
			[]string{"service agent: depends_on db: that becomes no sidecar", "service db: its command is only in its image postgres",
				"service agent: ports: app and sidecars share 127.0.0.1", "service agent: tty: there is nothing like it"}},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			all, err := in(t, map[string]string{c.file: c.text})
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(adopt.TOML(all)).To(Equal(c.want))
			g.Expect(all[0].Lost).To(Equal(c.lost))
		})
	}
}

func TestIncludedFilesAreRead(t *testing.T) {
	g := NewWithT(t)
	all, err := in(t, map[string]string{
		"supervisord.conf": "[include]\nfiles = %(here)s/*.ini /etc/supervisor/conf.d/*.conf\n",
		"a.ini":            "[program:a]\ncommand=./a\nautorestart=true\n", "b.ini": "[program:b]\ncommand=./b\nautorestart=true\n",
	})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(all[0].Sidecars).To(HaveExactElements(HaveField("Name", "a"), HaveField("Name", "b")))
	g.Expect(all[0].Lost).To(Equal([]string{
		"[include]: files = /etc/supervisor/conf.d/*.conf: there is none below the app: copy what they say into supervisord.conf"}))

	_, err = in(t, map[string]string{"supervisord.conf": "[include]\nfiles = a.ini\n", "a.ini": "[program:a]\ncommand ./a\n"})
	g.Expect(err).To(MatchError(HavePrefix("supervisord.conf: a.ini, which it includes: ")))
}

func TestWhatIsWrittenIsADeclaration(t *testing.T) {
	g := NewWithT(t)
	all, err := in(t, map[string]string{
		"Procfile": "a: ./a \"x y\" 'z'\n", "supervisord.conf": "[program:b]\ncommand=./b\nautorestart=true\n",
	})
	g.Expect(err).NotTo(HaveOccurred())
	_, err = declare.Parse([]byte(adopt.TOML(all)), "sidecar.toml")
	g.Expect(err).NotTo(HaveOccurred())
}

func TestAFileThatIsNotWhatItsNameSays(t *testing.T) {
	for file, text := range map[string]string{
		"Procfile": "just words", "compose.yaml": "- a\n- b", "compose.yml": "services:\n  a: &a\n    <<: *a\n   ",
	} {
		_, err := in(t, map[string]string{file: text})
		NewWithT(t).Expect(err).To(MatchError(HavePrefix(file + ": ")))
	}
}

func TestTheDocumentationHasTheTables(t *testing.T) {
	page, err := os.ReadFile("../../docs/from-other-tools.md")
	g := NewWithT(t)
	g.Expect(err).NotTo(HaveOccurred())
	for _, rules := range [][]adopt.Rule{adopt.SupervisordRules, adopt.ComposeRules} {
		g.Expect(string(page)).To(ContainSubstring(table(rules)))
	}
}

// table returns rules as Markdown.
func table(rules []adopt.Rule) string {
	var out strings.Builder
	out.WriteString("| theirs | ours | |\n|---|---|---|\n")
	for _, r := range rules {
		ours := r.Ours
		if ours != "" {
			ours = "`" + ours + "`"
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s |\n", r.Theirs, ours, r.Note)
	}
	return out.String()
}
