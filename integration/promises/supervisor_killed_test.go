package promises_test

import (
	"syscall"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
)

func testSupervisorKilled(t *testing.T, when spec.G, it spec.S) {
	everywhere(t, when, it, "takes its children with it when it is killed", func(on *setting) {
		s := on.start(t, web(sidecar("config-server"), sidecar("proxy")))
		puppets := []*puppet{s.enters("config-server"), s.enters("proxy"), s.enters("app")}
		for _, p := range puppets {
			p.do("ignore", "SIGTERM")
		}
		s.signal(syscall.SIGKILL)
		NewWithT(t).Expect(s.exits()).To(Equal(137))
		for _, p := range puppets {
			p.ends()
		}
	})
}
