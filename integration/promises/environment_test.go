package promises_test

import (
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func testEnvironment(t *testing.T, when spec.G, it spec.S) {
	Expect := NewWithT(t).Expect

	for _, wrong := range []struct{ variable, names string }{
		{"BPL_SIDECAR_STOP_BUDGET_SECONDS=soon", "soon"},
		{"BPL_SIDECAR_STOP_BUDGET_SECONDS=0", "0"},
		{"BPL_SIDECAR_STOP_BUDGET_SECONDS=-1", "-1"},
		{"BPL_SIDECAR_STOP_BUDGET_SECONDS=NaN", "NaN"},
		{"BPL_SIDECAR_DISABLED=config-sever", "config-server"},
		{"BPL_SIDECAR_LOG_FORMAT=xml", "json"},
		{"BPL_SIDECAR_LOG_LEVEL=loud", "debug"},
	} {
		it("refuses "+wrong.variable+" before anything starts", func() {
			s := plain.start(t, web(sidecar("config-server")), environ(wrong.variable))
			Expect(s.exits()).To(Equal(1))
			Expect(lines(&s.stderr)).To(ConsistOf(And(HavePrefix("supervisor: BPL_SIDECAR_"), ContainSubstring(wrong.names))))
			Expect(s.entered("config-server")).To(BeFalse())
			Expect(s.entered("app")).To(BeFalse())
		})
	}

	it("leaves out a sidecar that is disabled", func() {
		s := plain.start(t, web(sidecar("config-server"), sidecar("proxy")), environ("BPL_SIDECAR_DISABLED=proxy"))
		s.enters("config-server")
		s.enters("app").tell("exit", "0")
		Expect(s.exits()).To(BeZero())
		Expect(s.entered("proxy")).To(BeFalse())
	})

	it("says which variable it does not know", func() {
		s := plain.start(t, web(sidecar("config-server")), environ("BPL_SIDECAR_LOG_LEVL=debug"))
		s.enters("app").tell("exit", "0")
		Expect(s.exits()).To(BeZero())
		Expect(lines(&s.stderr)).To(ConsistOf(
			"supervisor | BPL_SIDECAR_LOG_LEVL is set, but there is no such variable: did you mean BPL_SIDECAR_LOG_LEVEL?"))
	})

	it("says each start at level debug, and by default nothing at all", func() {
		for level, says := range map[string]types.GomegaMatcher{
			"debug": ContainElement(`supervisor | sidecar "config-server" started`),
			"DEBUG": ContainElement(`supervisor | sidecar "config-server" started`),
			"info":  ConsistOf(""),
		} {
			s := plain.start(t, web(sidecar("config-server")), environ("BPL_SIDECAR_LOG_LEVEL="+level))
			s.enters("config-server")
			s.enters("app").tell("exit", "0")
			Expect(s.exits()).To(BeZero())
			Expect(lines(&s.stderr)).To(says)
		}
	})

	it("gives all sidecars the form of output that is asked for", func() {
		for format, line := range map[string]types.GomegaMatcher{
			"raw":    Equal("hello"),
			"prefix": Equal("config-server | hello"),
			"json":   MatchRegexp(`^\{"time":".*","name":"config-server","stream":"stdout","line":"hello"\}$`),
		} {
			s := plain.start(t, web(sidecar("config-server")), environ("BPL_SIDECAR_LOG_FORMAT="+format))
			s.enters("config-server").do("write", "1", "hello\n")
			s.enters("app").tell("exit", "0")
			Expect(s.exits()).To(BeZero())
			Expect(lines(&s.stdout)).To(ConsistOf(line))
		}
	})

	it("gives a sidecar the variables that are read at launch, and expands references to the app's", func() {
		dir := t.TempDir()
		Expect(os.MkdirAll(filepath.Join(dir, "apm"), 0o755)).To(Succeed())
		Expect(os.WriteFile(filepath.Join(dir, "apm", "api-key"), []byte("s3cret\n"), 0o600)).To(Succeed())
		agent := sidecar("agent", func(p *plan.Process) {
			p.Command = []string{"sh", "-c", `echo "$1 $URL $APM_API_KEY"`, "sh", "$(PORT)"}
			p.Env = map[string]string{"URL": "http://x:$(PORT)/$$(PORT)"}
			p.EnvFrom = []plan.EnvFrom{{Binding: "apm", Prefix: "APM_"}}
		})
		s := plain.start(t, web(agent), environ("PORT=8080", "SERVICE_BINDING_ROOT="+dir))
		Expect(s.exits()).To(BeNumerically(">", 0)) // an essential sidecar has ended
		Expect(lines(&s.stdout)).To(ConsistOf("agent | 8080 http://x:8080/$(PORT) s3cret"))
		Expect(s.stderr.String()).NotTo(ContainSubstring("s3cret"))
	})

	it("starts nothing where a variable that is to be read isn't there", func() {
		agent := sidecar("agent", func(p *plan.Process) { p.EnvFrom = []plan.EnvFrom{{File: "/nowhere/agent.env"}} })
		s := plain.start(t, web(agent))
		Expect(s.exits()).To(Equal(1))
		Expect(lines(&s.stderr)).To(ConsistOf(`supervisor: sidecar "agent": env-from: stat /nowhere/agent.env: no such file or directory`))
		Expect(s.entered("app")).To(BeFalse())
	})
}
