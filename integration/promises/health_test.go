package promises_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func testHealth(t *testing.T, when spec.G, it spec.S) {
	g := NewWithT(t)
	Expect := g.Expect

	everywhere(t, when, it, "says how all are, and how each is", func(on *setting) {
		n := stages.Add(1) // each test has a loopback address of its own
		address := fmt.Sprintf("127.%d.%d.%d:9090", 1+os.Getpid()%250, n/256, n%256)
		get := func(path string) (string, error) {
			response, err := http.Get("http://" + address + path)
			if err != nil {
				return "", err
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			return fmt.Sprintf("%d %s", response.StatusCode, body), err
		}
		s := on.start(t, web(
			sidecar("vault", readiness(plan.Probe{Notify: true})),
			sidecar("extra", optional),
		), environ("BPL_SIDECAR_HEALTH_ADDRESS="+address))
		vault, extra, app := s.enters("vault"), s.enters("extra"), s.enters("app")

		g.Eventually(func() (string, error) { return get("/started") }).WithTimeout(patience).Should(HavePrefix("200 "))
		Expect(get("/live")).To(Equal("200 vault: live\nextra: live\napp: live\n"))
		Expect(get("/ready")).To(Equal("503 vault: not ready: not ready\nextra: ready\napp: ready\n"))
		Expect(get("/ready?name=app")).To(Equal("200 app: ready\n"))
		Expect(get("/ready?name=web")).To(Equal("200 app: ready\n"))
		answer, err := s.ask(app, "health")
		Expect(err).To(Equal("exit status 1"))
		Expect(answer).To(ContainSubstring("vault: not ready"))

		vault.do("notify", "READY=1")
		g.Eventually(func() (string, error) { return get("/ready") }).WithTimeout(patience).Should(HavePrefix("200 "))
		answer, err = s.ask(app, "health", "--ready", "vault")
		Expect(err).To(BeEmpty())
		Expect(answer).To(Equal("vault: ready\n"))

		extra.tell("exit", "4")
		g.Eventually(func() (string, error) { return get("/live?name=extra") }).WithTimeout(patience).
			Should(Equal("503 extra: not live: ended, exited with status 4\n"))
		Expect(get("/live")).To(HavePrefix("200 "), "the app goes on without it")

		Expect(get("/metrics")).To(And(
			ContainSubstring("\nsidecar_up{name=\"extra\"} 0\n"), ContainSubstring("\nsidecar_up{name=\"app\"} 1\n"),
			ContainSubstring("\nsidecar_last_exit_info{name=\"extra\",cause=\"exited with status 4\"} 1\n"),
			MatchRegexp(`\nsidecar_memory_used_bytes\{name="vault"\} [1-9]\d+\n`),
			MatchRegexp(`\nsidecar_probe_duration_seconds_count\{name="vault",probe="readiness"\} [1-9]\d*\n`),
			HaveSuffix("# EOF\n")))
		Expect(get("/nothing")).To(HavePrefix("404 "))
	})

	it("goes on where the address is taken, and says so", func() {
		fd, port := reservePort(t)
		Expect(unix.Listen(fd, 1)).To(Succeed())
		s := plain.start(t, web(), environ(fmt.Sprintf("BPL_SIDECAR_HEALTH_ADDRESS=127.0.0.1:%d", port)))
		s.enters("app").tell("exit", "0")
		Expect(s.exits()).To(BeZero())
		Expect(lines(&s.stderr)).To(ConsistOf(
			fmt.Sprintf("supervisor | health and metrics are not available on 127.0.0.1:%d: bind: address already in use", port)))
	})
}
