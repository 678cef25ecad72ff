package integration_test

import (
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

func testAnywhere(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)
	for _, place := range []struct {
		name    string
		options []string
	}{
		{"on a read-only root", []string{"--read-only"}},
		{"as a user of no name", []string{"--user", "12345"}},
		{"as root", []string{"--user", "0"}},
		{"with a terminal", []string{"--interactive", "--tty"}},
		{"behind another init", []string{"--init"}},
		{"without any privilege", []string{"--read-only", "--user", "12345", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"}},
	} {
		when(place.name, func() {
			onBothImages(t, when, it, "runs, can be looked at and stops", func(image lab.Image) {
				c := image.Run(t, place.options...)
				Eventually(c).Should(And(lab.Serve("/", "ok"), lab.Say("bystander | up")))
				Expect(c.PS()).To(HaveLen(2))
				c.Stop()
				Expect(c.Ends()).To(Equal(0))
				Expect(c).To(lab.Say("bystander | told to stop"))
			})
		})
	}
}
