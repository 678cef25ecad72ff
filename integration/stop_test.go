package integration_test

import (
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
)

func testStop(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)

	onBothImages(t, when, it, "ends at once, the app first, with its status", func(image image) {
		c := image.run(t, "--", "say", "the app is up", "serve", "5")
		Eventually(c).Should(And(say("the app is up"), say("bystander | up")))
		mustDocker(t, "stop", c.name)
		Expect(c.ends()).To(Equal(5))
		Expect(c.stopTook()).To(BeNumerically("<", time.Second))
		Expect(c.logs()).To(HaveSuffix("told to stop\nbystander | told to stop"))
	})

	onBothImages(t, when, it, "kills an app that doesn't stop, within its budget", func(image image) {
		c := image.run(t, "--env", "BPL_SIDECAR_STOP_BUDGET_SECONDS=1", "--", "say", "the app is up", "stubborn")
		Eventually(c).Should(And(say("the app is up"), say("bystander | up")))
		mustDocker(t, "stop", c.name)
		Expect(c.ends()).To(Equal(137))
		Expect(c.stopTook()).To(BeNumerically("<", 5*time.Second)) // Docker itself kills after ten
		Expect(c.lines()).To(ContainElement("told to stop, and doesn't"))
	})
}

// stopTook is the time from docker stop to the end, as Docker recorded it.
func (c container) stopTook() time.Duration {
	c.t.Helper()
	events := mustDocker(c.t, "events", "--since", c.inspect("{{.Created}}"), "--until", time.Now().Format(time.RFC3339Nano),
		"--filter", "container="+c.name, "--filter", "event=kill", "--filter", "event=die", "--format", "{{.TimeNano}}")
	var kill, die int64
	if n, err := fmt.Sscan(events, &kill, &die); err != nil {
		c.t.Fatalf("%d times of kill and die: %v: %s", n, err, events)
	}
	return time.Duration(die - kill)
}
