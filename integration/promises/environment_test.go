package promises_test

import (
	"testing"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"
	"github.com/sclevine/spec"
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

	it("says each start at level debug, and by default nothing at all", func() {
		for level, says := range map[string]types.GomegaMatcher{
			"debug": ContainElement(`sidecar "config-server" started`),
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
}
