package promises_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func testProbes(t *testing.T, when spec.G, it spec.S) {
	g := NewWithT(t)
	Expect := g.Expect

	everywhere(t, when, it, "starts the app when a GET is answered well", func(on *setting) {
		status := make(chan int)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			select {
			case code := <-status:
				w.WriteHeader(code)
			case <-r.Context().Done():
			}
		}))
		defer server.Close()
		port := server.Listener.Addr().(*net.TCPAddr).Port
		s := on.start(t, web(sidecar("config-server", startup(plan.Probe{HTTPGet: &plan.HTTPGet{Port: port, Path: "/health"}}))))
		s.enters("config-server")
		status <- http.StatusServiceUnavailable
		status <- http.StatusNotFound
		Expect(s.entered("app")).To(BeFalse())
		status <- http.StatusNoContent
		s.enters("app").tell("exit", "0")
		Expect(s.exits()).To(BeZero())
	})

	everywhere(t, when, it, "starts the app when a port is open", func(on *setting) {
		fd, port := reservePort(t)
		s := on.start(t, web(sidecar("config-server", startup(plan.Probe{TCPSocket: &plan.TCPSocket{Port: port}}))))
		config := s.enters("config-server")
		config.do("ping")
		Expect(s.entered("app")).To(BeFalse())
		Expect(unix.Listen(fd, 1)).To(Succeed())
		s.enters("app").tell("exit", "0")
		Expect(s.exits()).To(BeZero())
	})

	everywhere(t, when, it, "kills a check that takes too long, with all that it started", func(on *setting) {
		s := on.prepare(t)
		s.launch(s.supervisor(web(sidecar("config-server", liveness(plan.Probe{
			Exec: &plan.Exec{Command: s.puppet("check")}, PeriodSeconds: 60, TimeoutSeconds: 8, FailureThreshold: 1,
		}))), s.puppet("app")...))
		app := s.enters("app")
		check := s.enters("check")
		check.do("ignore", "SIGTERM")
		var below []*puppet
		for _, how := range []string{"plain", "group", "session"} {
			check.do("start", how, how)
			below = append(below, s.enters(how))
		}
		s.enters("config-server").hears("SIGTERM")
		check.ends()
		for _, b := range below {
			b.ends()
		}
		app.hears("SIGTERM")
		Expect(s.exits()).To(Equal(1))
		Expect(lines(&s.stderr)).To(ConsistOf(
			`supervisor | sidecar "config-server" failed its liveness probe 1 times: `+on.path("child")+": no end within 8s; ending it",
			`supervisor | sidecar "config-server" was ended, since it failed its liveness probe (`+
				on.path("child")+`: no end within 8s); stopping web`,
			`supervisor | exit code 1: sidecar "config-server" was ended, since it failed its liveness probe (`+
				on.path("child")+`: no end within 8s)`))
	})

	it("starts the app when a command succeeds, and ends the sidecar when it never does", func() {
		for _, status := range []string{"0", "4"} {
			s := plain.prepare(t)
			check := plan.Probe{Exec: &plan.Exec{Command: s.puppet("check")}, FailureThreshold: 2}
			s.launch(s.supervisor(web(sidecar("config-server", startup(check))), s.puppet("app")...))
			config := s.enters("config-server")
			s.enters("check").tell("exit", "5")
			s.enters("check").tell("exit", status)
			if status == "0" {
				s.enters("app").tell("exit", "0")
				Expect(s.exits()).To(BeZero())
				continue
			}
			config.hears("SIGTERM")
			Expect(s.exits()).To(Equal(1))
			Expect(s.stderr.String()).To(ContainSubstring("failed its startup probe 2 times: " + plain.path("child") + ": status 4"))
			Expect(s.entered("app")).To(BeFalse())
		}
	})

	it("starts the app when gRPC's health service says SERVING", func() {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		Expect(err).NotTo(HaveOccurred())
		var asked atomic.Int64
		server := grpc.NewServer()
		defer server.Stop()
		checks := counted{health.NewServer(), &asked}
		checks.SetServingStatus("config", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
		grpc_health_v1.RegisterHealthServer(server, checks)
		go func() { _ = server.Serve(listener) }()

		port := listener.Addr().(*net.TCPAddr).Port
		s := plain.start(t, web(sidecar("config-server", startup(plan.Probe{GRPC: &plan.GRPC{Port: port, Service: "config"}}))))
		s.enters("config-server")
		g.Eventually(asked.Load).WithTimeout(patience).Should(BeNumerically(">", 1))
		Expect(s.entered("app")).To(BeFalse())
		checks.SetServingStatus("config", grpc_health_v1.HealthCheckResponse_SERVING)
		s.enters("app").tell("exit", "0")
		Expect(s.exits()).To(BeZero())
	})

	it("hears READY=1 from the process itself alone", func() {
		s := plain.start(t, web(sidecar("vault", startup(plan.Probe{Notify: true})), sidecar("liar")))
		vault := s.enters("vault")
		address := vault.do("notify", "STATUS=unsealing")
		liar := s.enters("liar")
		liar.do("notify", "READY=1", address)
		vault.do("notify", "STATUS=still unsealing")
		g.Eventually(func() string { return s.ps(liar)["vault"].Message }).WithTimeout(patience).Should(Equal("still unsealing"))
		Expect(s.ps(liar)["app"].State).To(Equal("waiting"), "it has believed the liar, who spoke before")
		vault.do("start", "helper", "plain")
		s.enters("helper").do("notify", "READY=1") // what it started may speak for it
		s.enters("app")
	})

	it("hears helpers that have ended by then", func() {
		s := plain.start(t, web(sidecar("vault", readiness(plan.Probe{Notify: true}))))
		vault, app := s.enters("vault"), s.enters("app")
		for i := range 20 {
			status := fmt.Sprint("step ", i)
			vault.do("run", "0", plain.path("child"), "say", "STATUS="+status)
			g.Eventually(func() string { return s.ps(app)["vault"].Message }).WithTimeout(patience).Should(Equal(status))
		}
	})

	it("does not show an https probe's headers to other processes", func() {
		server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer secret" {
				w.WriteHeader(http.StatusUnauthorized)
			}
		}))
		defer server.Close()
		port := server.Listener.Addr().(*net.TCPAddr).Port
		get := plan.HTTPGet{Scheme: "https", Port: port, Headers: map[string]string{"Authorization": "Bearer secret"}}
		s := plain.start(t, web(sidecar("config-server", startup(plan.Probe{HTTPGet: &get, TimeoutSeconds: 10}))))
		s.enters("app")
	})

	it("hears STOPPING=1 as not being ready any more", func() {
		s := plain.start(t, web(sidecar("vault", readiness(plan.Probe{Notify: true, FailureThreshold: 1}))))
		vault, app := s.enters("vault"), s.enters("app")
		health := func() string { return s.ps(app)["vault"].Health }
		g.Eventually(health).WithTimeout(patience).Should(Equal("not ready"))
		vault.do("notify", "READY=1\nSTATUS=at your service")
		g.Eventually(health).WithTimeout(patience).Should(Equal("ready"))
		Expect(s.ps(app)["vault"].Message).To(Equal("at your service"))
		vault.do("notify", "STOPPING=1")
		g.Eventually(health).WithTimeout(patience).Should(Equal("not ready"))
	})

	it("ends a sidecar that doesn't say WATCHDOG=1 in time, and not one that does", func() {
		watch := liveness(plan.Probe{Notify: true, PeriodSeconds: 5, FailureThreshold: 1})
		s := plain.start(t, web(sidecar("vault", watch)))
		vault, app := s.enters("vault"), s.enters("app")
		Expect(vault.facts.Env).To(ContainElement("WATCHDOG_USEC=5000000"))
		vault.do("notify", "WATCHDOG=1")
		started := now()
		Expect(vault.hears("SIGTERM")-started).To(BeNumerically(">", 4900e6), "it had a period more")
		app.hears("SIGTERM")
		Expect(s.exits()).To(Equal(1))
		Expect(s.stderr.String()).To(ContainSubstring("no WATCHDOG=1 from it within the period"))
	})

	it("asks no more often than the threshold where nobody answers within the period", func() {
		const attempts = 3
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		Expect(err).NotTo(HaveOccurred())
		defer listener.Close()
		var asked atomic.Int64
		go func() {
			for {
				silent, err := listener.Accept()
				if err != nil {
					return
				}
				defer silent.Close() // when all is over
				asked.Add(1)
			}
		}()
		port := listener.Addr().(*net.TCPAddr).Port
		s := plain.start(t, web(sidecar("silent", startup(plan.Probe{
			HTTPGet: &plan.HTTPGet{Port: port}, PeriodSeconds: 2, TimeoutSeconds: 2, FailureThreshold: attempts,
		}))))
		s.enters("silent").hears("SIGTERM")
		Expect(asked.Load()).To(BeNumerically("==", attempts))
	})

	it("calls a sidecar healthy between two WATCHDOG=1, whoever asks", func() {
		watch := liveness(plan.Probe{Notify: true, PeriodSeconds: 60, FailureThreshold: 1})
		s := plain.start(t, web(sidecar("vault", watch)))
		vault, app := s.enters("vault"), s.enters("app")
		for _, say := range []string{"STATUS=only begun", "WATCHDOG=1"} {
			vault.do("notify", say)
			for range 2 {
				answer, err := s.ask(app, "probe", "vault")
				Expect(err).To(BeEmpty(), answer)
			}
		}
	})

	it("stops with the app when that fails its liveness probe", func() {
		s := plain.prepare(t)
		p := web(sidecar("config-server"))
		liveness(plan.Probe{Exec: &plan.Exec{Command: s.puppet("check")}, FailureThreshold: 1})(&p.App)
		s.launch(s.supervisor(p, s.puppet("app")...))
		app := s.enters("app")
		s.enters("check").tell("exit", "1")
		app.hears("SIGTERM")
		Expect(s.exits()).To(Equal(1))
	})
}

// counted is a health service that counts how often it is asked.
type counted struct {
	*health.Server
	asked *atomic.Int64
}

func (c counted) Check(ctx context.Context, r *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	c.asked.Add(1)
	return c.Server.Check(ctx, r)
}

// reservePort binds a port where nobody listens yet.
func reservePort(t *testing.T) (fd, port int) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	address, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return fd, address.(*unix.SockaddrInet4).Port
}
