package cli_test

import (
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/cli"
)

func TestAPreStopIsCarriedOut(t *testing.T) {
	g := NewWithT(t)
	done := filepath.Join(t.TempDir(), "done")
	for want, all := range map[int][][]string{
		0: {{"--delay", "0.01"}, {"--timeout", "99", "--", "touch", done}},
		1: {
			{"--timeout", "99", "--", "sh", "-c", "exit 3"}, {"--timeout", "99", "--", "sh", "-c", "kill -9 $$"},
			{"--timeout", "0.1", "--", "sh", "-c", "sleep 1000 & wait"}, {"--", "/no/such/program"}, {"--", "no-such-program"},
		},
		2: {{"--delay", "soon"}, {"touch", done}},
	} {
		for _, args := range all {
			g.Expect(cli.Main(append([]string{"pre-stop"}, args...))).To(Equal(want), "%q", args)
			kept := want == 2 // a mistake in its own command line is no failure of the hook
			g.Expect(cli.Main(append([]string{"pre-stop", "--ignore-failure"}, args...)) != 0).To(Equal(kept), "%q", args)
		}
	}
	_, err := os.Stat(done)
	g.Expect(err).NotTo(HaveOccurred())
}
