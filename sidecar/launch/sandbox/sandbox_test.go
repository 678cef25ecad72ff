package sandbox_test

import (
	"os"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/sandbox"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func TestASandboxLeavesNoFileOpen(t *testing.T) {
	g := NewWithT(t)
	open := func() int {
		files, err := os.ReadDir("/proc/self/fd")
		g.Expect(err).NotTo(HaveOccurred())
		return len(files)
	}
	for _, s := range []plan.Sandbox{{Mode: plan.Prefer}, {Mode: plan.Prefer, Read: []string{"/"}, Write: []string{"/absent"}}} {
		before := open()
		_, _, err := sandbox.Enter(s, "/bin/true", "/")
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(open()).To(Equal(before))
	}
}
