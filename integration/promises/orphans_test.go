package promises_test

import (
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
)

func testOrphans(t *testing.T, when spec.G, it spec.S) {
	g := NewWithT(t)

	everywhere(t, when, it, "reaps orphans while it runs", func(on *setting) {
		s := on.start(t, web(sidecar("config-server")))
		config, app := s.enters("config-server"), s.enters("app")
		var orphans []*puppet
		for _, parent := range []*puppet{config, app} {
			for range 5 {
				parent.do("start", "orphan", "daemon")
				orphans = append(orphans, s.enters("orphan"))
			}
		}
		for _, o := range orphans {
			o.tell("exit", "0")
		}
		for _, o := range orphans {
			o.ends()
			g.Eventually(state).WithArguments(o.pid).WithTimeout(patience).Should(BeEmpty(), "it is a zombie")
		}
		app.do("ping")
		config.do("ping")
		app.tell("exit", "0")
		g.Expect(s.exits()).To(BeZero())
		g.Expect(s.stderr.String()).To(BeEmpty())
	})
}
