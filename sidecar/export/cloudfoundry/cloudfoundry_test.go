package cloudfoundry_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/export"
	"github.com/sidecar-buildpack/sidecar/sidecar/export/cloudfoundry"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// exported writes the manifest of a sidecar.toml.
func exported(t *testing.T, text string) (string, export.Losses) {
	t.Helper()
	source, err := declare.Parse([]byte(text), "sidecar.toml")
	if err != nil {
		t.Fatal(err)
	}
	for i := range source.Sidecars {
		if source.Sidecars[i].ProcessTypes == nil {
			source.Sidecars[i].ProcessTypes = []string{"web"}
		}
	}
	manifest, losses, err := cloudfoundry.YAML(cloudfoundry.App{
		Name: "shop", Type: "web", Declaration: source, Memory: plan.G, Command: []string{"java", "-jar", "my app.jar"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(manifest), losses
}

func TestAManifestHasWhatCloudFoundryHas(t *testing.T) {
	g := NewWithT(t)
	manifest, losses := exported(t, `
[app]
liveness-probe = { http-get = { port = 8080, path = "/up" }, period-seconds = 5, failure-threshold = 1 }
startup-probe = { http-get = { port = 8080, path = "/up" } }
readiness-probe = { tcp-socket = { port = 8080 }, failure-threshold = 1 }

[[sidecars]]
name = "config server"
command = ["./config-server", "--url", "http://$(HOST)/it's"]
working-dir = "conf"
env = { LEVEL = "a b" }
memory = "64M"
`)
	g.Expect(losses).To(BeEmpty())
	g.Expect(manifest).To(Equal(`applications:
  - name: shop
    processes:
      - type: web
        command: java -jar 'my app.jar'
        memory: 1024M
        health-check-type: http
        health-check-http-endpoint: /up
        health-check-interval: 5
        health-check-invocation-timeout: 1
        timeout: 30
        readiness-health-check-type: port
        readiness-health-check-interval: 10
        readiness-health-check-invocation-timeout: 1
    sidecars:
      - name: config server
        process_types: [web]
        command: |-
          export LEVEL='a b'
          cd conf || exit
          exec ./config-server --url http://"${HOST}"'/it'\''s'
        memory: 64M
`))
	g.Expect(losses).To(BeEmpty())
}

func TestWhatCloudFoundryLacksIsNamed(t *testing.T) {
	g := NewWithT(t)
	manifest, losses := exported(t, `
[app]
stop-delay-seconds = 2
liveness-probe = { exec = { command = ["./check"] } }
readiness-probe = { http-get = { port = 9000 } }

[[sidecars]]
name = "agent"
command = "./agent"
memory = "1500K"
essential = false
restart = "always"
logs = "json"
`)
	var keys []string
	for _, loss := range losses {
		keys = append(keys, loss.Process+"."+loss.Key)
	}
	g.Expect(keys).To(Equal([]string{"agent.essential", "agent.logs", "agent.memory", "agent.restart", "app.liveness-probe",
		"app.readiness-probe", "app.stop-delay-seconds"}))
	g.Expect(manifest).To(HavePrefix("# lost: agent: essential: the end of any process, with 0 too, has Cloud Foundry start"))
}

func TestAStartupProbeBecomesTheCheckForLife(t *testing.T) {
	manifest, losses := exported(t, `
[app]
startup-probe = { http-get = { port = 8080, path = "/started" }, period-seconds = 10, timeout-seconds = 5 }
[[sidecars]]
name = "agent"
command = "./agent"
`)
	g := NewWithT(t)
	g.Expect(manifest).To(And(ContainSubstring("health-check-http-endpoint: /started"), ContainSubstring("timeout: 300"),
		ContainSubstring("health-check-invocation-timeout: 5")))
	g.Expect(losses).To(ConsistOf(
		export.Loss{Process: "app", Key: "startup-probe",
			Text: "Cloud Foundry makes this check as long as the app runs, and one that fails is enough"},
		export.Loss{Process: "app", Key: "startup-probe",
			Text: "Cloud Foundry takes 180 s for a start at most, unless its operator allows these 300"},
	))
}

func TestAStartupProbeThatIsNotTheLivenessProbesCheckIsNamed(t *testing.T) {
	lost := []export.Loss{{Process: "app", Key: "startup-probe",
		Text: "Cloud Foundry makes the check of the liveness probe while the app starts"}}
	const http, tcp = `http-get = { port = 8080, path = "/up" }`, `tcp-socket = { port = 8080 }`
	for start, c := range map[string]struct {
		live string
		lost []export.Loss
	}{
		http: {http, nil}, `http-get = { host = "localhost", port = 8080, path = "/up" }`: {http, nil}, tcp: {tcp, nil},
		`tcp-socket = { port = 9090 }`:                                               {tcp, lost},
		`http-get = { port = 9090, path = "/up" }`:                                   {http, lost},
		`http-get = { port = 8080, path = "/up", headers = { Host = "shop.test" } }`: {http, lost},
		`http-get = { host = "10.0.0.1", port = 8080, path = "/up" }`:                {http, lost},
	} {
		_, losses := exported(t, `
[app]
startup-probe = { `+start+`, failure-threshold = 1 }
liveness-probe = { `+c.live+`, failure-threshold = 1 }
[[sidecars]]
name = "agent"
command = "./agent"
`)
		NewWithT(t).Expect(losses).To(ConsistOf(c.lost), start)
	}
}

func TestAJobIsLost(t *testing.T) {
	_, losses := exported(t, `
app.depends-on = { migrate = "completed" }
[[sidecars]]
name = "migrate"
command = "./migrate"
[[sidecars]]
name = "agent"
command = "./agent"
depends-on = { migrate = "completed" }
`)
	NewWithT(t).Expect(losses).To(ConsistOf(HaveField("Process", "app"), HaveField("Process", "agent"),
		export.Loss{Process: "migrate", Key: "depends-on",
			Text: "others wait for its end, with which Cloud Foundry starts the container again: run it as a task"}))
}

func TestWhatCloudFoundryWouldRefuse(t *testing.T) {
	sidecar := declare.Sidecar{Name: "a", Command: declare.Command{strings.Repeat("x", 5000)}}
	_, _, err := cloudfoundry.YAML(cloudfoundry.App{Declaration: declare.Declaration{Sidecars: []declare.Sidecar{sidecar}}})
	NewWithT(t).Expect(err).To(MatchError(`sidecar "a": its command has 5000 characters: Cloud Foundry takes 4096`))
}

// again reads a manifest, writes it of what was read, and reads that.
func again(t rapid.TB, text []byte) (first, second declare.Declaration, written string) {
	first, _, err := declare.ParseManifest(text, "manifest.yml", "")
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	out, losses, err := cloudfoundry.YAML(cloudfoundry.App{Name: "shop", Type: "web", Declaration: first})
	if err != nil || len(losses) > 0 {
		t.Fatalf("%v %v\n%s", err, losses, text)
	}
	second, warnings, err := declare.ParseManifest(out, "manifest.yml", "")
	if err != nil || len(warnings) > 0 {
		t.Fatalf("%v %v\n%s", err, warnings, out)
	}
	return first, second, string(out)
}

func TestNothingThatCloudFoundryHasIsLostOnTheWayThereAndBack(t *testing.T) {
	samples, err := filepath.Glob("../../../samples/*/manifest.yml")
	g := NewWithT(t)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(samples).NotTo(BeEmpty())
	for _, sample := range samples {
		text, err := os.ReadFile(sample)
		g.Expect(err).NotTo(HaveOccurred())
		first, second, written := again(t, text)
		g.Expect(second).To(Equal(first), written)
	}
	rapid.Check(t, func(t *rapid.T) {
		text, err := yaml.Marshal(randomManifest(t))
		if err != nil {
			t.Fatal(err)
		}
		first, second, written := again(t, text)
		NewWithT(t).Expect(second).To(Equal(first), written)
	})
}

// randomManifest returns an application with sidecars of any names, commands, types and sizes that Cloud Foundry takes.
func randomManifest(t *rapid.T) map[string]any {
	text := rapid.StringMatching(`[ -~]{0,12}|[\PC]{0,6}`)
	word := rapid.OneOf(rapid.SampledFrom([]string{"./agent", "java", "$HOME", "$(date)", "${X:-y}", "echo", "|", "&&", ">out", "a=b", "'a b'",
		`"$X"`, `\$`, "$$", "*", "~", ";", "exec", "it\\'s", "bash -c 'x | y'"}), rapid.StringMatching(`[a-z./=-]{1,8}`))
	readable := func(command string) bool {
		_, err := declare.SplitCommand(command)
		return err == nil && strings.TrimSpace(command) != "" && !strings.Contains(command, "((")
	}
	command := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(word, 1, 6).Draw(t, "words"), rapid.SampledFrom([]string{" ", "  ", "\n"}).Draw(t, "space"))
	}).Filter(readable)
	name := text.Filter(func(s string) bool { return strings.TrimSpace(s) != "" && !strings.Contains(s, "((") })
	var sidecars []map[string]any
	for _, n := range rapid.SliceOfNDistinct(name, 1, 4, plan.Slug).Draw(t, "names") {
		s := map[string]any{"name": n, "command": command.Draw(t, "command"),
			"process_types": rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"web", "worker", "task"}), 1, 3, rapid.ID).Draw(t, "types")}
		if size := rapid.SampledFrom([]any{nil, 10, "64M", "1.5G", "2047KB", "3t"}).Draw(t, "memory"); size != nil {
			s["memory"] = size
		}
		sidecars = append(sidecars, s)
	}
	return map[string]any{"applications": []any{map[string]any{
		"name": "shop", "sidecars": sidecars,
		"env": rapid.MapOfN(rapid.StringMatching(`[A-Z_]{1,6}`), rapid.OneOf(text.Filter(func(s string) bool {
			return !strings.Contains(s, "((")
		}).AsAny(), rapid.Int().AsAny(), rapid.Bool().AsAny()), 0, 3).Draw(t, "env"),
	}}}
}
