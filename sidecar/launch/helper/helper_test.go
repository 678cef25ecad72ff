package helper_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

var binary string

func TestMain(m *testing.M) {
	code, err := build(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// build makes the binary as it is shipped.
func build(run func() int) (int, error) {
	directory, err := os.MkdirTemp("", "probe")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(directory)
	binary = filepath.Join(directory, "probe")
	command := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary,
		"github.com/sidecar-buildpack/sidecar/cmd/supervisor-probe")
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%w: %s", err, output)
	}
	return run(), nil
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{
		{}, {"ftp", "ftp://a"}, {"http"}, {"https"}, {"https", "https://a", "Header: b"}, {"tcp"}, {"tcp", "a:1", "b"}, {"grpc"},
		{"grpc", "a:1", "b", "c"}, {"https", "--timeout", "soon", "https://a"}, {"grpc", "--tls", "a:1"},
	} {
		NewWithT(t).Expect(check(args...)).To(MatchError(ContainSubstring("usage: supervisor-probe http")), "%q", args)
	}
}

func TestHTTPSStatus(t *testing.T) {
	for status, problem := range map[int]string{200: "", 204: "", 302: "", 399: "", 400: "status 400", 503: "status 503"} {
		url := serveTLS(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://localhost:1/") // another host: followed, it would fail
			w.WriteHeader(status)
		})
		expectProblem(t, check("https", "--timeout", "30s", url), "GET "+url, problem)
	}
}

func TestHTTPSFollowsRedirectsToTheSameHost(t *testing.T) {
	url := serveTLS(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			http.Redirect(w, r, "/ill", http.StatusFound)
		case "/ill":
			w.WriteHeader(http.StatusServiceUnavailable)
		case "/around":
			http.Redirect(w, r, "/around", http.StatusFound)
		}
	})
	expectProblem(t, check("https", "--timeout", "30s", url), "GET "+url, "status 503")
	expectProblem(t, check("https", "--timeout", "30s", url+"/around"), "GET "+url+"/around", "stopped after 10 redirects")
}

func TestHTTPSRequest(t *testing.T) {
	g := NewWithT(t)
	requests := make(chan *http.Request, 1)
	url := serveTLS(t, func(_ http.ResponseWriter, r *http.Request) { requests <- r })
	g.Expect(checkWith("Host: app.example\nMore: x: y\n-Odd: z\n", "https", "--timeout", "30s", "--headers", url+"/a?b=c")).To(Succeed())
	got := <-requests
	g.Expect([]string{got.Method, got.RequestURI, got.Host, got.UserAgent(), got.Header.Get("More"), got.Header.Get("-Odd")}).
		To(Equal([]string{"GET", "/a?b=c", "app.example", "sidecar-probe", "x: y", "z"}))
	g.Expect(checkWith("User-Agent: me", "https", "--headers", "--timeout", "30s", url)).To(Succeed())
	got = <-requests
	g.Expect([]string{got.Host, got.UserAgent()}).To(Equal([]string{strings.TrimPrefix(url, "https://"), "me"}))
}

func TestHTTPSFailures(t *testing.T) {
	url := serveTLS(t, func(http.ResponseWriter, *http.Request) {})
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	for name, c := range map[string]struct {
		url, headers, problem string
	}{
		"header without colon":  {url, "More", `header "More" has no colon`},
		"line break in header":  {url, "More: a\rb", `invalid header field value for "More"`},
		"line break in name":    {url, "More\r: a", `invalid header field name "More\r"`},
		"line break in URL":     {url + "/\nb", "", "invalid control character in URL"},
		"a server without TLS":  {strings.Replace(plain.URL, "http:", "https:", 1), "", "server gave HTTP response to HTTPS client"},
		"nobody at the address": {"https://" + closedPort(t), "", "connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			err := checkWith(c.headers, "https", "--timeout", "30s", "--headers", c.url)
			NewWithT(t).Expect(err).To(MatchError(ContainSubstring(c.problem)))
		})
	}
}

func TestHTTP(t *testing.T) {
	g := NewWithT(t)
	requests := make(chan *http.Request, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests <- r
		w.WriteHeader(http.StatusTeapot)
	}))
	t.Cleanup(server.Close)
	expectProblem(t, checkWith("More: x\n", "http", "--timeout", "30s", "--headers", server.URL+"/a"), "GET "+server.URL+"/a", "status 418")
	got := <-requests
	g.Expect([]string{got.RequestURI, got.Header.Get("More"), got.UserAgent()}).To(Equal([]string{"/a", "x", "sidecar-probe"}))
}

func TestTCP(t *testing.T) {
	g := NewWithT(t)
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { _ = listener.Close() })
	g.Expect(check("tcp", "--timeout", "30s", listener.Addr().String())).To(Succeed())
	address := closedPort(t)
	g.Expect(check("tcp", "--timeout", "30s", address)).To(MatchError(And(HavePrefix("connect "+address), HaveSuffix("connection refused"))))
}

func TestHostByName(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	g := NewWithT(t)
	address := "localhost:" + strconv.Itoa(port(t, server.URL))
	g.Expect(check("http", "--timeout", "30s", "http://"+address)).To(Succeed())
	g.Expect(check("tcp", "--timeout", "30s", address)).To(Succeed())

	const unknown = "db..internal" // so much so that no server is asked
	for _, asked := range []plan.Probe{
		{HTTPGet: &plan.HTTPGet{Host: unknown, Port: 80}, TimeoutSeconds: 30},
		{TCPSocket: &plan.TCPSocket{Host: unknown, Port: 80}, TimeoutSeconds: 30},
	} {
		g.Expect(check(asked.Command("")[1:]...)).To(MatchError(HaveSuffix("lookup db..internal: no such host")))
	}
}

func TestIPv6Zone(t *testing.T) {
	listener, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip("this machine has no ::1: ", err)
	}
	var host string
	server := httptest.Server{Listener: listener, Config: &http.Server{
		Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { host = r.Host }),
	}}
	server.Start()
	t.Cleanup(server.Close)
	g := NewWithT(t)
	own := listener.Addr().(*net.TCPAddr).Port
	for _, asked := range []plan.Probe{
		{HTTPGet: &plan.HTTPGet{Host: "::1%lo", Port: own}, TimeoutSeconds: 30},
		{TCPSocket: &plan.TCPSocket{Host: "::1%lo", Port: own}, TimeoutSeconds: 30},
	} {
		g.Expect(check(asked.Command("")[1:]...)).To(Succeed())
	}
	g.Expect(host).To(Equal(listener.Addr().String()))
}

func TestHTTPSPassesWhileTheBodyNeverEnds(t *testing.T) {
	url := serveTLS(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	NewWithT(t).Expect(check("https", "--timeout", "30s", url)).To(Succeed())
}

func TestTimeout(t *testing.T) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0") // the kernel accepts, and nobody answers
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { _ = listener.Close() })
	address := listener.Addr().String()
	expectProblem(t, check("https", "--timeout", "50ms", "https://"+address), "GET https://"+address, "no answer within 50ms")
	expectProblem(t, check("http", "--timeout", "50ms", "http://"+address), "GET http://"+address, "no answer within 50ms")
	expectProblem(t, check("grpc", "--timeout", "50ms", address), "grpc "+address, "no answer within 50ms")
}

func TestGRPC(t *testing.T) {
	server := health.NewServer()
	server.SetServingStatus("cart", grpc_health_v1.HealthCheckResponse_SERVING)
	server.SetServingStatus("stock", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	server.SetServingStatus("till", grpc_health_v1.HealthCheckResponse_UNKNOWN)
	address := serveGRPC(t, server)
	for name, c := range map[string]struct {
		args    []string
		problem string
	}{
		"the whole server":  {[]string{address}, ""},
		"SERVING":           {[]string{address, "cart"}, ""},
		"NOT_SERVING":       {[]string{address, "stock"}, "NOT_SERVING"},
		"UNKNOWN":           {[]string{address, "till"}, "UNKNOWN"},
		"unknown service":   {[]string{address, "attic"}, `grpc-status 5, "unknown service"`},
		"like an option":    {[]string{address, "-cart"}, `grpc-status 5, "unknown service"`},
		"no health service": {[]string{serveGRPC(t, nil)}, `grpc-status 12, "unknown service grpc.health.v1.Health"`},
		"percent-encoded":   {[]string{serveGRPC(t, failing{err: errors.New("50 %\ndone")})}, `grpc-status 2, "50 %\ndone"`},
		"an answer of 8 KB": {
			[]string{serveGRPC(t, padded{field: make([]byte, 8<<10)})}, "not a health check: the answer is longer than 4096 bytes",
		},
		"a field of the future": {[]string{serveGRPC(t, padded{field: []byte("x")})}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := check(append([]string{"grpc", "--timeout", "30s"}, c.args...)...)
			expectProblem(t, err, "grpc "+strings.Join(c.args, " "), c.problem)
		})
	}
}

func TestGRPCOnIPv6(t *testing.T) {
	listener, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip("this machine has no ::1: ", err)
	}
	NewWithT(t).Expect(check("grpc", "--timeout", "30s", serveGRPCOn(t, listener, health.NewServer()))).To(Succeed())
}

func TestGRPCOfAnotherServer(t *testing.T) {
	g := NewWithT(t)
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	address := plain.Listener.Addr().String()
	g.Expect(check("grpc", "--timeout", "30s", address)).To(MatchError(HavePrefix("grpc " + address + ": ")))

	h2c := httptest.NewUnstartedServer(http.NotFoundHandler())
	h2c.Config.Protocols = new(http.Protocols)
	h2c.Config.Protocols.SetUnencryptedHTTP2(true)
	h2c.Start()
	t.Cleanup(h2c.Close)
	g.Expect(check("grpc", "--timeout", "30s", h2c.Listener.Addr().String())).To(MatchError(HaveSuffix("not gRPC: HTTP status 404")))

	g.Expect(check("grpc", "--timeout", "30s", closedPort(t))).To(MatchError(HaveSuffix("connection refused")))
}

// The probe of a declaration becomes arguments that the binary understands.
func TestProbeCommand(t *testing.T) {
	g := NewWithT(t)
	requests := make(chan *http.Request, 1)
	url := serveTLS(t, func(_ http.ResponseWriter, r *http.Request) { requests <- r })
	get := plan.HTTPGet{Scheme: "https", Port: port(t, url), Path: "ready now", Headers: map[string]string{"Host": "app.example"}}
	secure := plan.Probe{HTTPGet: &get, TimeoutSeconds: 30}
	g.Expect(checkWith(secure.Input(), secure.Command("")[1:]...)).To(Succeed())
	got := <-requests
	g.Expect([]string{got.Host, got.RequestURI}).To(Equal([]string{"app.example", "/ready%20now"}))

	asked := plan.GRPC{Port: port(t, "//"+serveGRPC(t, health.NewServer())), Service: "attic"}
	g.Expect(check(plan.Probe{GRPC: &asked, TimeoutSeconds: 30}.Command("")[1:]...)).To(MatchError(ContainSubstring("unknown service")))
}

func TestBinaryIsSmall(t *testing.T) {
	g := NewWithT(t)
	info, err := os.Stat(binary)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(info.Size()).To(BeNumerically("<", 8<<20))
}

// check runs the binary; what it says on standard error is the error.
func check(args ...string) error { return checkWith("", args...) }

// checkWith gives the headers that the check is to send, one a line.
func checkWith(headers string, args ...string) error {
	var stdout, stderr bytes.Buffer
	command := exec.Command(binary, args...)
	command.Stdin = strings.NewReader(headers)
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	reason, rest, _ := strings.Cut(stderr.String(), "\n")
	var exit *exec.ExitError
	switch {
	case rest != "" || stdout.Len() > 0:
		return fmt.Errorf("more than one line was written: %q, %q", stdout.String(), stderr.String())
	case err == nil && reason == "":
		return nil
	case errors.As(err, &exit) && exit.ExitCode() == 1 && reason != "":
		return errors.New(reason)
	}
	return fmt.Errorf("%w, with %q", err, reason)
}

func expectProblem(t *testing.T, err error, asked, problem string) {
	t.Helper()
	if problem == "" {
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		return
	}
	NewWithT(t).Expect(err).To(MatchError(asked + ": " + problem))
}

func serveTLS(t *testing.T, handler http.HandlerFunc) (url string) {
	server := httptest.NewTLSServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func serveGRPC(t *testing.T, server grpc_health_v1.HealthServer) (address string) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return serveGRPCOn(t, listener, server)
}

func serveGRPCOn(t *testing.T, listener net.Listener, server grpc_health_v1.HealthServer) (address string) {
	s := grpc.NewServer()
	if server != nil {
		grpc_health_v1.RegisterHealthServer(s, server)
	}
	go func() { _ = s.Serve(listener) }()
	t.Cleanup(s.Stop)
	return listener.Addr().String()
}

type failing struct {
	grpc_health_v1.UnimplementedHealthServer
	err error
}

func (f failing) Check(context.Context, *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	return nil, f.err
}

// padded answers SERVING, and with a field that nobody knows.
type padded struct {
	grpc_health_v1.UnimplementedHealthServer
	field []byte
}

func (p padded) Check(context.Context, *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	answer := &grpc_health_v1.HealthCheckResponse{Status: grpc_health_v1.HealthCheckResponse_SERVING}
	answer.ProtoReflect().SetUnknown(protowire.AppendBytes(protowire.AppendTag(nil, 15, protowire.BytesType), p.field))
	return answer, nil
}

func port(t *testing.T, address string) int {
	parsed, err := url.Parse(address)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	number, err := strconv.Atoi(parsed.Port())
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return number
}

func closedPort(t *testing.T) (address string) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	defer listener.Close()
	return listener.Addr().String()
}
