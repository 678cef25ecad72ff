package integration_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

func testStop(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)

	onBothImages(t, when, it, "ends by itself, the app first, with its status", func(image lab.Image) {
		c := image.Run(t, "--env", "BPL_SIDECAR_STOP_BUDGET_SECONDS=60", "--", "say", "the app is up", "serve", "5")
		Eventually(c).Should(And(lab.Say("the app is up"), lab.Say("bystander | up")))
		c.Stop()
		Expect(c.Ends()).To(Equal(5)) // and so before Docker itself kills, after ten seconds
		Expect(c.Logs()).NotTo(ContainSubstring("killing"))
		Expect(withoutOurs(c.Lines())[2:]).To(HaveExactElements("told to stop", "bystander | told to stop"))
	})

	onBothImages(t, when, it, "kills an app that doesn't stop, within its budget", func(image lab.Image) {
		c := image.Run(t, "--env", "BPL_SIDECAR_STOP_BUDGET_SECONDS=1", "--", "say", "the app is up", "stubborn")
		Eventually(c).Should(And(lab.Say("the app is up"), lab.Say("bystander | up")))
		lab.Must(t, "docker", "stop", "--time", "60", c.Name)
		Expect(c.Ends()).To(Equal(137))
		Expect(stopTook(t, c)).To(BeNumerically("<", 30*time.Second)) // Docker itself kills after sixty
		Expect(c.Lines()).To(ContainElement("told to stop, and doesn't"))
	})
}

// withoutOurs returns the lines that the supervisor has not written itself: its own and the app's reach the pipe in any order.
func withoutOurs(lines []string) []string {
	return slices.DeleteFunc(lines, func(line string) bool { return strings.HasPrefix(line, "supervisor | ") })
}

// stopTook returns the time from docker stop to the end, as Docker recorded it.
func stopTook(t *testing.T, c lab.Container) time.Duration {
	t.Helper()
	events := lab.Must(t, "docker", "events", "--since", c.Inspect("{{.Created}}"), "--until", time.Now().Format(time.RFC3339Nano),
		"--filter", "container="+c.Name, "--filter", "event=kill", "--filter", "event=die", "--format", "{{.TimeNano}}")
	var kill, die int64
	if n, err := fmt.Sscan(events, &kill, &die); err != nil {
		t.Fatalf("%d times of kill and die: %v: %s", n, err, events)
	}
	return time.Duration(die - kill)
}
