package promises_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// TestDrainUnderLoad stops an app behind a real proxy while a load balancer sends requests.
func TestDrainUnderLoad(t *testing.T) {
	lab.Require(t, func() error { _, err := exec.LookPath("/usr/sbin/haproxy"); return err })
	prepare(t)
	spec.Run(t, "drain under load", testDrainUnderLoad, spec.Parallel(), spec.Flat())
}

// proxy passes requests from one port of a loopback address to another. Documentation that is run meanwhile has 8080 on all addresses.
const proxy = `
defaults
  mode http
  timeout connect 1s
  timeout client 60s
  timeout server 60s
listen web
  bind %[1]s:7080
  server app %[1]s:7081
`

func testDrainUnderLoad(t *testing.T, when spec.G, it spec.S) {
	g := NewWithT(t)
	Expect := g.Expect

	// loaded has an app with its proxy, and a load balancer that sends it requests.
	loaded := func(say func(p *plan.Plan, b *balancer)) (*supervised, *balancer) {
		n := stages.Add(1)
		address := fmt.Sprintf("127.%d.%d.%d", 1+os.Getpid()%250, n/256, n%256)
		s, b := plain.prepare(t), openBalancer(t, address)
		config := filepath.Join(s.dir, "haproxy.cfg")
		Expect(os.WriteFile(config, fmt.Appendf(nil, proxy, address), 0o644)).To(Succeed())
		p := web(sidecar("haproxy", command("/usr/sbin/haproxy", "-db", "-f", config), func(p *plan.Process) {
			p.StopSignal, p.StopGracePeriodSeconds = "SIGUSR1", 20 // it asks for an app that is gone three times, a second apart
		}))
		p.App.ReadinessProbe = often(plan.Probe{TCPSocket: &plan.TCPSocket{Host: address, Port: 7081}})
		p.Sidecars[0].ReadinessProbe = often(plan.Probe{HTTPGet: &plan.HTTPGet{Host: address, Port: 7080}})
		say(&p, b)
		app := lab.Program(t, "./integration/promises/server")
		port := p.App.ReadinessProbe.TCPSocket.Port
		s.launch(s.supervisor(p, app, fmt.Sprint(address, ":", port), p.App.StopSignal), budget("60"),
			environ("BPL_SIDECAR_HEALTH_ADDRESS="+address+":9090", "BPL_SIDECAR_LOG_LEVEL=debug"))
		g.Eventually(b.isUp).WithTimeout(patience).Should(BeTrue())
		b.begin()
		g.Eventually(b.answered.Load).WithTimeout(patience).Should(BeNumerically(">", 200))
		return s, b
	}

	ended := func(s *supervised, b *balancer) {
		Expect(s.exits()).To(BeZero())
		b.ends()
		t.Logf("%d requests answered, %d failed", b.answered.Load(), b.failed.Load())
	}
	// stopped awaits the end, and that it was in order.
	stopped := func(s *supervised, b *balancer) {
		ended(s, b)
		said := s.stderr.String()
		Expect(said).NotTo(ContainSubstring("killing"))
		appsEnd := strings.Index(said, "web was told to stop and exited with status 0")
		Expect(appsEnd).To(BeNumerically(">", 0))
		Expect(strings.Index(said, `sidecar "haproxy" was told to stop`)).To(BeNumerically(">", appsEnd))
	}

	delayed := func(p *plan.Plan, _ *balancer) { p.App.StopDelaySeconds = 10 }
	hooked := func(p *plan.Plan, b *balancer) {
		p.App.PreStop = &plan.Hook{HTTPGet: &plan.HTTPGet{Host: b.host, Port: b.port}}
	}

	it("loses no request where the app works on for its stop-delay-seconds", func() {
		s, b := loaded(delayed)
		s.signal(unix.SIGTERM)
		stopped(s, b)
		Expect(b.failed.Load()).To(BeZero())
	})

	it("loses no request where a pre-stop takes the app out of the load balancer", func() {
		s, b := loaded(hooked)
		s.signal(unix.SIGTERM)
		stopped(s, b)
		Expect(b.failed.Load()).To(BeZero())
	})

	it("loses no request where both are begun by hand", func() {
		s, b := loaded(func(p *plan.Plan, b *balancer) {
			hooked(p, b)
			p.App.StopDelaySeconds, p.Sidecars[0].StopDelaySeconds = 0.5, 0.5
		})
		output, err := exec.Command(plain.path("supervisor"), "drain", "--pid", s.pid()).CombinedOutput()
		Expect(err).NotTo(HaveOccurred(), string(output))
		stopped(s, b)
		Expect(b.failed.Load()).To(BeZero())
	})

	// direct leaves the proxy out: the app itself is asked.
	direct := func(p *plan.Plan) {
		p.Sidecars = []plan.Process{sidecar("idle", command("sleep", "infinity"))}
		p.App.ReadinessProbe.TCPSocket.Port = 7080
	}
	// deaf is an app that ignores SIGTERM.
	deaf := func(p *plan.Plan) { p.App.StopSignal, p.App.StopDelaySeconds = "SIGINT", 10 }

	// tellAll sends SIGTERM to the supervisor and to all that it runs, as some platforms do.
	tellAll := func(s *supervised) {
		output, err := exec.Command(plain.path("supervisor"), "ps", "--json", "--pid", s.pid()).Output()
		Expect(err).NotTo(HaveOccurred())
		var all []status
		Expect(json.Unmarshal(output, &all)).To(Succeed())
		for _, one := range all {
			Expect(unix.Kill(one.PID, unix.SIGTERM)).To(Succeed())
		}
		s.signal(unix.SIGTERM)
	}

	it("loses requests where all processes get SIGTERM, though the app has a stop-delay-seconds", func() {
		s, b := loaded(func(p *plan.Plan, b *balancer) { direct(p); delayed(p, b) })
		tellAll(s)
		ended(s, b)
		Expect(b.failed.Load()).NotTo(BeZero())
	})

	it("loses none where the app ignores that SIGTERM, and has a stop-signal of its own", func() {
		s, b := loaded(func(p *plan.Plan, _ *balancer) { direct(p); deaf(p) })
		tellAll(s)
		ended(s, b)
		Expect(b.failed.Load()).To(BeZero())
	})

	it("loses requests behind a proxy that ends on SIGTERM, whatever the app does", func() {
		s, b := loaded(func(p *plan.Plan, _ *balancer) { deaf(p) })
		tellAll(s)
		ended(s, b)
		Expect(b.failed.Load()).NotTo(BeZero())
	})

	it("loses requests without either", func() {
		s, b := loaded(func(*plan.Plan, *balancer) {})
		s.signal(unix.SIGTERM)
		stopped(s, b)
		Expect(b.failed.Load()).NotTo(BeZero())
	})
}

// balancer sends requests to a container as long as it takes that for ready. It asks after every hundredth request and believes the second
// answer in a row, or what somebody tells it at host and port.
type balancer struct {
	address          string
	host             string
	port             int
	client           http.Client
	sent             atomic.Int64
	answered, failed atomic.Int64
	down             atomic.Bool
	doubts           atomic.Int64
	workers          sync.WaitGroup
}

func openBalancer(t *testing.T, address string) *balancer {
	b := &balancer{address: address, client: http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 16}}}
	told := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { b.ends() }))
	t.Cleanup(told.Close)
	at := told.Listener.Addr().(*net.TCPAddr)
	b.host, b.port = at.IP.String(), at.Port
	return b
}

// begin has requests sent by several at once.
func (b *balancer) begin() {
	for range 16 {
		b.workers.Go(func() {
			defer b.client.CloseIdleConnections() // HAProxy waits for one on which nothing was asked yet
			for !b.down.Load() {
				b.send()
			}
		})
	}
}

func (b *balancer) send() {
	if n := b.sent.Add(1); n%100 == 0 && !b.isUp() {
		if b.doubts.Add(1) == 2 {
			b.down.Store(true)
		}
	}
	if b.get("7080/") {
		b.answered.Add(1)
	} else {
		b.failed.Add(1)
	}
}

func (b *balancer) isUp() bool { return b.get("9090/ready") }

func (b *balancer) get(where string) bool {
	response, err := b.client.Get("http://" + b.address + ":" + where)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err == nil && response.StatusCode == http.StatusOK
}

// ends has no more requests sent, and returns when all are answered.
func (b *balancer) ends() {
	b.down.Store(true)
	b.workers.Wait()
}
