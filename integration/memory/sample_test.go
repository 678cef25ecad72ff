package memory_test

import (
	"strconv"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

// testSample runs Cloud Foundry's tutorial with a Java app: 1G, of which the config server has 256MB, both in one jar.
func testSample(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)

	it("answers under load, with a heap that leaves the sidecar its memory", func() {
		c := sampleImage(t).Run(t, "--memory", "1g", "--env", "PORT=8080")
		Eventually(c).Should(lab.Serve("/", "Hi, I'm an app with a sidecar!"))
		Expect(c).To(And(
			lab.Say("supervisor | memory  1G   web 768M ########################  config-server 256M ########"),
			lab.Say("config-server | listening...")))

		undivided := calculatedHeap(alone(t, sampleImage(t), "--memory", "1g"))
		Expect(calculatedHeap(environment(c, "app"))).To(Equal(undivided - 256<<10))

		answers := make(chan any)
		const users, requests = 8, 100
		for range users {
			go func() {
				for range requests {
					if answer, err := c.Get("/config"); err != nil {
						answers <- err
					} else {
						answers <- answer
					}
				}
			}()
		}
		for range users * requests {
			Expect(<-answers).To(Equal(`{"Scope":"some-service.admin","Password":"not-a-real-p4$$w0rd"}` + "\n"))
		}
		Expect(c.PS()).To(And(
			HaveKeyWithValue("config-server", And(
				HaveField("State", "running"), HaveField("MemoryBytes", int64(256<<20)), HaveField("MemoryUsedBytes", BeNumerically("<", 256<<20)))),
			HaveKeyWithValue("app", HaveField("State", "running"))))
	})
}

// calculatedHeap is the -Xmx in a text that has one, in kilobytes.
func calculatedHeap(text string) int {
	_, heap, _ := strings.Cut(text, " -Xmx")
	kilobytes, _, _ := strings.Cut(heap, "K ")
	number, _ := strconv.Atoi(kilobytes)
	return number
}
