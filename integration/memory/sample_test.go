package memory_test

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
)

// testSample runs Cloud Foundry's tutorial with a Java app: 1G, of which the config server has 256MB, both in one jar.
func testSample(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)

	it("answers under load, with a heap that leaves the sidecar its memory", func() {
		c := sampleImage(t).run(t, "--memory", "1g", "--env", "PORT=8080", "--publish", "127.0.0.1::8080")
		Eventually(func() (string, error) { return c.get("/") }).Should(Equal("Hi, I'm an app with a sidecar!\n"))
		Expect(c).To(And(
			say("memory  1G   web 768M ########################  config-server 256M ########"),
			say("config-server | listening...")))

		processes, err := c.ps()
		Expect(err).NotTo(HaveOccurred())
		undivided := calculatedHeap(sampleImage(t).alone(t, "--memory", "1g"))
		Expect(calculatedHeap(c.environment(processes["app"].PID))).To(Equal(undivided - 256<<10))

		answers := make(chan any)
		const users, requests = 8, 100
		for range users {
			go func() {
				for range requests {
					if answer, err := c.get("/config"); err != nil {
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
		Expect(c.ps()).To(And(
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

// get asks what listens on port 8080.
func (c container) get(path string) (string, error) {
	address, err := docker("port", c.name, "8080/tcp")
	if err != nil {
		return "", err
	}
	response, err := http.Get("http://" + address + path)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}
