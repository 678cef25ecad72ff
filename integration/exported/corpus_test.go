package exported_test

import (
	"slices"
	"strings"
	"syscall"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

// declared is a declaration of the corpus: an app, its sidecars, and what they do alike in our container and on Kubernetes.
type declared struct {
	app     string   // the deeds of the child that is the app
	text    string   // sidecar.toml, where $DIR is a directory with agent.env
	export  []string // options
	restart string   // the sidecar that is killed, and starts again by itself
	happens []string // who says what, in order
	status  int      // the app's exit code
	lost    bool     // Compose has nothing like it
}

// serving says that it is up once it answers.
const serving = "listen 8080 say up serve 3"

// sidecar returns the beginning of a sidecar's table. Without essential it gets a container of its own.
func sidecar(name, deeds, rest string) string {
	return "[[sidecars]]\nname = \"" + name + "\"\ncommand = \"./child " + deeds + "\"\nessential = false\n" + rest + "\n"
}

// Their names become those of workloads: none may begin with another.
var corpus = map[string]declared{
	"who waits for an answer": {
		app: serving,
		text: `app.depends-on = { cache = "ready" }` + "\n" +
			sidecar("db", "say up listen 5432 serve 0", "readiness-probe.tcp-socket.port = 5432") +
			sidecar("cache", "say up listen 6379 serve 0", `depends-on = { db = "ready" }`+"\n"+
				`readiness-probe = { http-get = { path = "/", port = 6379 }, period-seconds = 1 }`),
		happens: []string{"db: up", "cache: up", "web: up", "web: told to stop", "cache: told to stop", "db: told to stop"},
		status:  3,
	},
	"who waits longer than a probe does": {
		app: serving,
		text: `app.depends-on = { db = "ready" }` + "\n" +
			sidecar("db", "say up pause 4 listen 5432 serve 0",
				"readiness-probe = { tcp-socket.port = 5432, period-seconds = 1, failure-threshold = 1 }"),
		happens: []string{"db: up", "web: up", "web: told to stop", "db: told to stop"},
		status:  3,
	},
	"who waits for a start": {
		app: serving,
		text: `app.depends-on = { proxy = "started" }` + "\n" +
			sidecar("proxy", "say up listen 9000 serve 0", "startup-probe = { tcp-socket.port = 9000, period-seconds = 1 }"),
		happens: []string{"proxy: up", "web: up", "web: told to stop", "proxy: told to stop"},
		status:  3,
	},
	"who waits for an end": {
		app: serving,
		text: `app.depends-on = { migrate = "completed" }` + "\n" +
			sidecar("prepare", "say up exit 0", "") +
			sidecar("migrate", "say up exit 0", `depends-on = { prepare = "completed" }`),
		happens: []string{"prepare: up", "migrate: up", "web: up", "web: told to stop"},
		status:  3,
	},
	"an exec probe": {
		app: serving,
		text: `app.depends-on = { agent = "ready" }` + "\n" +
			sidecar("agent", "say up listen 9000 serve 0",
				`readiness-probe = { exec.command = ["`+lab.Supervisor+`", "check", "tcp://127.0.0.1:9000"], period-seconds = 1 }`),
		happens: []string{"agent: up", "web: up", "web: told to stop", "agent: told to stop"},
		status:  3,
	},
	"essential sidecars, beside the app": {
		app: serving,
		text: `app.depends-on = { b = "ready" }` + "\n" +
			sidecar("a", "say up listen 9001 serve 0", "readiness-probe.tcp-socket.port = 9001") +
			sidecar("b", "say up listen 9002 serve 0", `depends-on = { a = "ready" }`+"\nreadiness-probe.tcp-socket.port = 9002"),
		export:  []string{"--shape", "one"},
		happens: []string{"a: up", "b: up", "web: up", "web: told to stop", "b: told to stop", "a: told to stop"},
		status:  3,
	},
	"a sidecar that is killed, and starts again": {
		app: serving,
		text: `app.depends-on = { agent = "ready" }` + "\n" +
			sidecar("agent", "say up listen 9000 serve 0", "restart = \"always\"\nreadiness-probe.tcp-socket.port = 9000"),
		restart: "agent",
		happens: []string{"agent: up", "web: up", "agent: up", "web: told to stop", "agent: told to stop"},
		status:  3,
	},
	"a job that ends well": {
		app: "say up exit 0",
		text: `app.depends-on = { agent = "ready" }` + "\n" +
			sidecar("agent", "say up listen 9000 serve 0", "readiness-probe.tcp-socket.port = 9000"),
		export:  []string{"--kind", "Job"},
		happens: []string{"agent: up", "web: up", "agent: told to stop"},
	},
	"a job that fails": {
		app: "say up exit 7",
		text: `app.depends-on = { agent = "ready" }` + "\n" +
			sidecar("agent", "say up listen 9000 serve 0", "readiness-probe.tcp-socket.port = 9000"),
		export:  []string{"--kind", "Job", "--deadline-seconds", "100"},
		happens: []string{"agent: up", "web: up", "agent: told to stop"},
		status:  7,
	},
	"an app that drains before it stops": {
		app: serving,
		text: `app.pre-stop.http-get = { path = "/drain", port = 8080 }` + "\n" + `app.depends-on = { agent = "ready" }` + "\n" +
			sidecar("agent", "say up listen 9000 serve 0", "readiness-probe.tcp-socket.port = 9000"),
		happens: []string{"agent: up", "web: up", "web: asked for /drain", "web: told to stop", "agent: told to stop"},
		status:  3,
	},
	"a sidecar whose pre-stop fails": {
		app: serving,
		text: `app.depends-on = { cache = "started" }` + "\n" +
			sidecar("db", "say up listen 5432 serve 0", "readiness-probe.tcp-socket.port = 5432\nstop-delay-seconds = 1") +
			sidecar("cache", "say up listen 6379 serve 0", `depends-on = { db = "ready" }`+"\n"+
				`pre-stop.exec.command = ["./child", "exit", "7"]`),
		happens: []string{"db: up", "cache: up", "web: up", "web: told to stop", "cache: told to stop", "db: told to stop"},
		status:  3,
	},
	"a proxy that is ready when the app is": {
		app: serving,
		text: sidecar("proxy", "say up listen 9000 serve 0", "startup-probe = { tcp-socket.port = 9000, period-seconds = 1 }\n"+
			"readiness-probe = { tcp-socket.port = 8080, period-seconds = 1 }"),
		happens: []string{"proxy: up", "web: up", "web: told to stop", "proxy: told to stop"},
		status:  3,
	},
	"variables that are in no image": {
		app: serving,
		text: `app.depends-on = { agent = "ready" }` + "\n" +
			sidecar("agent", "env TOKEN listen 9000 serve 0", `env-from = [{ file = "$DIR/agent.env" }]`+"\nreadiness-probe.tcp-socket.port = 9000"),
		happens: []string{"agent: not in the image", "web: up", "web: told to stop", "agent: told to stop"},
		status:  3,
	},
	"a variable that refers to one that is in no image": {
		app: serving,
		text: `app.depends-on = { agent = "ready" }` + "\n" +
			sidecar("agent", "env URL listen 9000 serve 0", `env-from = [{ file = "$DIR/agent.env" }]`+"\n"+
				`env = { URL = "it is $(TOKEN)", PATH = "$(PATH):/opt" }`+"\nreadiness-probe.tcp-socket.port = 9000"),
		happens: []string{"agent: it is not in the image", "web: up", "web: told to stop", "agent: told to stop"},
		status:  3,
		lost:    true,
	},
	"beside the app, variables that are in no image": {
		app: serving,
		text: `app.depends-on = { agent = "ready" }` + "\n" +
			sidecar("agent", "env TOKEN listen 9000 serve 0", `env-from = [{ file = "$DIR/agent.env" }]`+"\nreadiness-probe.tcp-socket.port = 9000"),
		export:  []string{"--shape", "one"},
		happens: []string{"agent: not in the image", "web: up", "web: told to stop", "agent: told to stop"},
		status:  3,
	},
	"an exit code to try again": {
		app: serving,
		text: `app.depends-on = { migrate = "completed" }` + "\n" +
			sidecar("migrate", "say up once 42 exit 0", "restart-on-exit-codes = [42]"),
		happens: []string{"migrate: up", "migrate: up", "web: up", "web: told to stop"},
		status:  3,
		lost:    true,
	},
	"an environment": {
		app: serving,
		text: `app.depends-on = { agent = "ready" }` + "\n" +
			sidecar("agent", "env GREETING env HERE listen 9000 serve 0",
				`env = { NAME = "you", GREETING = "hello $(NAME)", HERE = "$$(NAME)" }`+"\nreadiness-probe.tcp-socket.port = 9000"),
		happens: []string{"agent: hello you", "agent: $(NAME)", "web: up", "web: told to stop", "agent: told to stop"},
		status:  3,
	},
}

// TestCorpus builds each declaration and sees the same happen in our container, with Compose and on Kubernetes.
func TestCorpus(t *testing.T) {
	lab.Require(t, lab.Docker)
	pause := lab.Pack(t, lab.Files{"app": lab.Child, "deeds": "serve 0"}, lab.OnTiny...)
	for name, d := range corpus {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := lab.Make(t, lab.Files{"agent.env": "TOKEN=not in the image\n"})
			text := strings.ReplaceAll(d.text, "$DIR", dir)
			image := lab.Build(t, lab.Files{"app": lab.Child, "child": lab.Child, "deeds": d.app, "sidecar.toml": text}, lab.OnTiny...)
			t.Run("in the container", func(t *testing.T) { inContainer(t, d, image, dir) })
			if !d.lost {
				t.Run("with Compose", func(t *testing.T) { withCompose(t, d, image, pause) })
			}
			t.Run("on Kubernetes", func(t *testing.T) { onNode(t, d, image, dir) })
		})
	}
}

func (d declared) isJob() bool { return slices.Contains(d.export, "Job") }

func inContainer(t *testing.T, d declared, image lab.Image, dir string) {
	g := NewWithT(t)
	c := image.Run(t, "--volume", dir+":"+dir)
	happened := func() []string { return happenings("web", c.Logs()) }
	if !d.isJob() {
		g.Eventually(happened).Should(ContainElement("web: up"))
		if d.restart != "" {
			c.Kill(d.restart, syscall.SIGKILL)
			g.Eventually(c).Should(lab.Have(d.restart, And(HaveField("Restarts", 1), HaveField("Health", "ready"))))
		}
		g.Expect(c.Get("/")).To(Equal("ok\n"))
		c.Stop()
	}
	g.Expect(c.Ends()).To(Equal(d.status))
	g.Expect(happened()).To(Equal(d.happens))
}

func onNode(t *testing.T, d declared, image lab.Image, dir string) {
	requireCluster(t)
	g := NewWithT(t)
	w := deploy(t, load(t, image), slug(t), dir, append([]string{"--port", "8080"}, d.export...)...)
	logs := w.follow()
	w.hold()
	if !d.isJob() {
		g.Eventually(w, limit).Should(ready("web"))
		if d.restart != "" {
			w.kill(d.restart)
			g.Eventually(w, limit).Should(WithTransform(workload.statuses,
				HaveKeyWithValue(d.restart, And(HaveField("RestartCount", BeEquivalentTo(1)), HaveField("Ready", true)))))
		}
		g.Eventually(w.exec, limit).WithArguments("web", lab.Supervisor, "check", "http://127.0.0.1:8080/").Should(BeEmpty())
		w.delete()
	}
	terminated := HaveField("State.Terminated", Not(BeNil()))
	withStatus := HaveField("State.Terminated.ExitCode", BeEquivalentTo(d.status))
	g.Eventually(w, limit).Should(WithTransform(workload.statuses, And(HaveEach(terminated), HaveKeyWithValue("web", withStatus))))
	g.Expect(logs()).To(Equal(d.happens))
}

// happenings returns the lines of a container's log as "NAME: TEXT". A line without a sidecar's name is the container's own.
func happenings(container, log string) (all []string) {
	for line := range strings.Lines(log) {
		name, text, prefixed := strings.Cut(strings.TrimSuffix(line, "\n"), " | ")
		switch {
		case !prefixed:
			all = append(all, container+": "+name)
		case name != "supervisor":
			all = append(all, name+": "+text)
		}
	}
	return all
}

// slug returns a name for the test's workload.
func slug(t *testing.T) string {
	t.Helper()
	name := strings.Split(t.Name(), "/")[1]
	return strings.Map(func(r rune) rune {
		if r == '_' || r == ',' {
			return '-'
		}
		return r
	}, name)
}
