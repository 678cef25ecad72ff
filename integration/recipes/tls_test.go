package recipes_test

import (
	"net"
	"strings"
	"syscall"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

// heldApp answers /held when there is a file /tmp/go.
const heldApp = `run lambda { |env|
  if env["PATH_INFO"] == "/held"
    Dir.mkdir("/tmp/begun") rescue nil
    File.write("/tmp/begun/#{Thread.current.object_id}", "")
    sleep 0.01 until File.exist?("/tmp/go")
  end
  [200, {"Content-Type" => "text/plain"}, ["answered"]]
}
`

// lateComers is how many requests come when the container is being stopped.
const lateComers = 20

func testTLS(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
		dir        string
		c          lab.Container
		address    string
	)

	// front runs the recipe, with something else in its sidecar.toml, until the first certificate is shown.
	front := func(oldnew ...string) {
		dir = lab.Make(t, lab.Files{})
		issue(t, dir, "1")
		declaration := strings.NewReplacer(oldnew...).Replace(sample(t, "tls/sidecar.toml"))
		app := recipe(t, "tls", lab.Files{"config.ru": heldApp, "sidecar.toml": declaration})
		c = lab.Build(t, app, lab.OnRun(t, "tls")...).Run(t, "--volume", dir+":/certs:ro", "--publish", "127.0.0.1::8443",
			"--env", unhurried)
		var err error
		address, err = c.Address("8443/tcp")
		Expect(err).NotTo(HaveOccurred())
		Eventually(certificate(address, "/")).Should(Equal("1"))
	}

	it("shows the new certificate without a failed request", func() {
		front()
		load, stop := repeat(certificate(address, "/"))
		held := begin(inFlight, certificate(address, "/held"))
		Eventually(begun(c)).Should(Equal(inFlight))
		issue(t, dir, "2")
		Eventually(load.soFar).Should(ContainElement("2"))
		letGo(c)
		stop()
		Expect(held.failures()).To(BeEmpty())
		Expect(load.failures()).To(BeEmpty())
		Expect(load.soFar()).To(ContainElement("1"))
		t.Logf("%d requests, none failed", inFlight+len(load.soFar()))
	})

	it("shows the old one for ever where nothing is declared of a change", func() {
		front("on-change", "# on-change")
		issue(t, dir, "2")
		after := begin(50, certificate(address, "/"))
		Expect(after.failures()).To(BeEmpty())
		Expect(after.soFar()).To(HaveEach("1"))
	})

	it("cuts off what it has begun where HAProxy is restarted by SIGTERM", func() {
		front("SIGUSR2", "restart", "SIGUSR1", "SIGTERM")
		held := begin(inFlight, certificate(address, "/held"))
		Eventually(begun(c)).Should(Equal(inFlight))
		issue(t, dir, "2")
		Expect(held.failures()).To(HaveLen(inFlight))
		Eventually(certificate(address, "/")).Should(Equal("2"))
	})

	// stop has requests in flight when SIGTERM comes, and sends others once the container is seen to stop. It returns why those failed.
	stop := func(seen func(address string)) (failures []string) {
		direct := c.Inspect("{{.NetworkSettings.IPAddress}}") + ":8443" // and not through Docker's own proxy
		held := begin(inFlight, certificate(direct, "/held"))
		Eventually(begun(c)).Should(Equal(inFlight))
		terminate(t, c)
		seen(direct)
		failures = begin(lateComers, certificate(direct, "/")).failures()
		letGo(c)
		Expect(held.failures()).To(BeEmpty())
		c.Ends()
		Expect(killings(c)).To(BeEmpty())
		return failures
	}

	it("refuses new connections when it is stopped, and has an app for all that it has taken", func() {
		front()
		refused := func(address string) {
			Eventually(func() error { _, err := certificate(address, "/")(); return err }).Should(HaveOccurred())
		}
		Expect(stop(refused)).To(HaveEach(ContainSubstring("connect: connection refused")))
	})

	it("takes requests that nobody answers where nothing has HAProxy drain before the app", func() {
		front("pre-stop", "# pre-stop")
		// Puma says that it stops before it refuses connections.
		appStops := func(string) {
			Eventually(c).Should(lab.Say("- Gracefully stopping"))
			app := c.Inspect("{{.NetworkSettings.IPAddress}}") + ":8080"
			Eventually(func() error {
				conn, err := net.Dial("tcp", app)
				if err == nil {
					conn.Close()
				}
				return err
			}).Should(MatchError(syscall.ECONNREFUSED))
		}
		failures := stop(appStops)
		Expect(failures).To(HaveLen(lateComers))
		Expect(failures).To(HaveEach("503 Service Unavailable"))
	})
}
