package probe_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/probe"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func TestHTTPGetStatus(t *testing.T) {
	for status, passes := range map[int]bool{200: true, 204: true, 301: true, 399: true, 400: false, 404: false, 503: false} {
		port := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://localhost:1/") // another host: followed, it would fail
			w.WriteHeader(status)
		}))
		err := check(plan.HTTPGet{Port: port, Path: "/config/"})
		NewWithT(t).Expect(err == nil).To(Equal(passes), "status %d: %v", status, err)
	}
}

func TestHTTPGetFollowsRedirectsToTheSameHost(t *testing.T) {
	other := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }))
	for location, problem := range map[string]string{
		"/fine": "", "fine?a=b#c": "", "../fine": "", "/ill": "status 503", "//127.0.0.1:PORT/ill": "status 503",
		"http://127.0.0.1:PORT/ill": "status 503", "HTTP://127.0.0.1:OTHER": "status 404", "/around": "stopped after 10 redirects",
		"https://127.0.0.1:PORT/ill": "", "http://app.example/ill": "", "": "", ":": "", "/to/fine": "",
	} {
		t.Run(location, func(t *testing.T) {
			var headers []string
			port := 0
			port = serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				headers = append(headers, r.Header.Get("X-Probe"))
				switch r.URL.Path {
				case "/a/begin":
					to := strings.NewReplacer("PORT", strconv.Itoa(port), "OTHER", strconv.Itoa(other)).Replace(location)
					w.Header()["Location"] = []string{to}
					w.WriteHeader(http.StatusFound)
				case "/to/fine":
					http.Redirect(w, r, "/fine", http.StatusPermanentRedirect)
				case "/around":
					http.Redirect(w, r, "/around", http.StatusTemporaryRedirect)
				case "/ill":
					w.WriteHeader(http.StatusServiceUnavailable)
				}
			}))
			err := check(plan.HTTPGet{Port: port, Path: "/a/begin", Headers: map[string]string{"X-Probe": "1"}})
			expectProblem(t, err, problem)
			NewWithT(t).Expect(headers).To(HaveEach("1"))
		})
	}
}

func TestHTTPGetSaysWhatFailed(t *testing.T) {
	port := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	NewWithT(t).Expect(check(plan.HTTPGet{Port: port, Path: "/config/"})).
		To(MatchError(MatchRegexp(`^GET http://127\.0\.0\.1:\d+/config/: status 503$`)))
}

func TestHTTPGetRequest(t *testing.T) {
	for name, c := range map[string]struct {
		get             plan.HTTPGet
		host, target    string
		userAgent, more string
	}{
		"defaults":               {plan.HTTPGet{}, "127.0.0.1", "/", "sidecar-probe", ""},
		"host by name":           {plan.HTTPGet{Host: "localhost"}, "localhost", "/", "sidecar-probe", ""},
		"path and query":         {plan.HTTPGet{Path: "/a/b?c=d&e"}, "127.0.0.1", "/a/b?c=d&e", "sidecar-probe", ""},
		"path without slash":     {plan.HTTPGet{Path: "healthz"}, "127.0.0.1", "/healthz", "sidecar-probe", ""},
		"path with fragment":     {plan.HTTPGet{Path: "/a#b"}, "127.0.0.1", "/a", "sidecar-probe", ""},
		"path with space and é":  {plan.HTTPGet{Path: "/a é"}, "127.0.0.1", "/a%20%C3%A9", "sidecar-probe", ""},
		"path with a line break": {plan.HTTPGet{Path: "/ HTTP\r\nMore: x"}, "127.0.0.1", "/%20HTTP%0D%0AMore:%20x", "sidecar-probe", ""},
		"header":                 {plan.HTTPGet{Headers: map[string]string{"More": "y"}}, "127.0.0.1", "/", "sidecar-probe", "y"},
		"own Host and User-Agent": {
			plan.HTTPGet{Headers: map[string]string{"host": "app.example", "user-agent": "me"}}, "app.example", "/", "me", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			var got http.Request
			c.get.Port = serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = *r }))
			g.Expect(check(c.get)).To(Succeed())
			host, _, _ := strings.Cut(got.Host, ":")
			g.Expect([]string{got.Method, got.Proto, host, got.RequestURI, got.UserAgent(), got.Header.Get("More")}).
				To(Equal([]string{"GET", "HTTP/1.1", c.host, c.target, c.userAgent, c.more}))
			g.Expect(got.Close).To(BeTrue())
		})
	}
}

func TestHTTPGetRefusesHeadersThatCannotBeSent(t *testing.T) {
	port := serve(t, http.NotFoundHandler())
	for name, value := range map[string]string{"A": "b\r\nC: d", "A\r\nB": "c", "A:B": "c", "A B": "c", "": "a", "É": "a", "N": "\x00"} {
		err := check(plan.HTTPGet{Port: port, Headers: map[string]string{name: value}})
		NewWithT(t).Expect(err).To(MatchError(ContainSubstring("cannot be sent")), "%q: %q", name, value)
	}
}

func TestHTTPGetAnswers(t *testing.T) {
	for name, c := range map[string]struct{ answer, problem string }{
		"no reason phrase":         {"HTTP/1.1 200\r\n\r\n", ""},
		"HTTP/1.0, bare newlines":  {"HTTP/1.0 200 OK\n\n", ""},
		"interim answers first":    {"HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", ""},
		"interim, then failure":    {"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 500 No\r\n\r\n", "status 500"},
		"interim answer only":      {"HTTP/1.1 103 Early Hints\r\n\r\n", "connection closed without an answer"},
		"protocol switched":        {"HTTP/1.1 101 Switching Protocols\r\n\r\n", "status 101"},
		"nothing":                  {"", "connection closed without an answer"},
		"another protocol":         {"SSH-2.0-OpenSSH\r\n", `the answer is not HTTP: "SSH-2.0-OpenSSH"`},
		"half a line":              {"HTTP/1.1 20", `the answer is not HTTP: "HTTP/1.1 20"`},
		"a status of four digits":  {"HTTP/1.1 2000 OK\r\n\r\n", `the answer is not HTTP: "HTTP/1.1 2000 OK"`},
		"a line that never ends":   {strings.Repeat("x", 1<<20), `the answer is not HTTP: "` + strings.Repeat("x", 40) + `"`},
		"a body that is very long": {"HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat("x", 1<<20), ""},
	} {
		t.Run(name, func(t *testing.T) {
			port := serveConn(t, func(conn net.Conn) {
				readRequest(conn)
				_, _ = io.WriteString(conn, c.answer)
			})
			expectProblem(t, check(plan.HTTPGet{Port: port}), c.problem)
		})
	}
}

func TestHTTPGetLetsTheServerFinishItsAnswer(t *testing.T) {
	finished := make(chan error, 1)
	port := serveConn(t, func(conn net.Conn) {
		readRequest(conn)
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 4096\r\n\r\n")
		for range 4 {
			if _, err := conn.Write(make([]byte, 1024)); err != nil {
				finished <- err
				return
			}
		}
		_ = conn.(*net.TCPConn).CloseWrite()
		_, err := conn.Read(make([]byte, 1)) // a reset would be seen here
		finished <- err
	})
	g := NewWithT(t)
	g.Expect(check(plan.HTTPGet{Port: port})).To(Succeed())
	g.Eventually(finished, "5s").Should(Receive(Equal(io.EOF)))
}

func TestHTTPGetPassesWhileTheBodyNeverEnds(t *testing.T) {
	port := serveConn(t, func(conn net.Conn) {
		readRequest(conn)
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\ndata: 1\n\n")
		_, _ = io.Copy(io.Discard, conn)
	})
	NewWithT(t).Expect(check(plan.HTTPGet{Port: port})).To(Succeed())
}

func TestHTTPGetOfAServerThatSaysNothing(t *testing.T) {
	port := serveConn(t, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
	p := plan.Probe{HTTPGet: &plan.HTTPGet{Port: port}, TimeoutSeconds: 0.05}
	expectProblem(t, probe.Check(context.Background(), p), "no answer within 50ms")
}

func TestHTTPGetOfAServerThatAnswersInFragmentsForEver(t *testing.T) {
	port := serveConn(t, func(conn net.Conn) {
		for {
			if _, err := io.WriteString(conn, "HTTP/1.1 100 Continue\r\n\r\n"); err != nil {
				return
			}
		}
	})
	p := plan.Probe{HTTPGet: &plan.HTTPGet{Port: port}, TimeoutSeconds: 0.05}
	expectProblem(t, probe.Check(context.Background(), p), "no answer within 50ms")
}

func TestHTTPGetIsGivenUp(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	port := serveConn(t, func(conn net.Conn) {
		cancel()
		_, _ = io.Copy(io.Discard, conn)
	})
	p := plan.Probe{HTTPGet: &plan.HTTPGet{Port: port}, TimeoutSeconds: 60}
	expectProblem(t, probe.Check(ctx, p), "given up")
}

func TestHTTPGetOfAServerThatResets(t *testing.T) {
	port := serveConn(t, func(conn net.Conn) {
		readRequest(conn)
		_ = conn.(*net.TCPConn).SetLinger(0)
	})
	expectProblem(t, check(plan.HTTPGet{Port: port}), "connection reset by peer")
}

func TestClosedPort(t *testing.T) {
	g := NewWithT(t)
	port := closedPort(t)
	expectProblem(t, check(plan.HTTPGet{Port: port}), "connection refused")
	g.Expect(checkTCP(plan.TCPSocket{Port: port})).To(MatchError(MatchRegexp(`^connect 127\.0\.0\.1:\d+: connection refused$`)))
	g.Expect(checkTCP(plan.TCPSocket{Host: "localhost", Port: port})).
		To(MatchError(MatchRegexp(`^connect localhost:\d+: connection refused$`)))
}

func TestTCPSocket(t *testing.T) {
	port := serveConn(t, func(net.Conn) {})
	for _, host := range []string{"", "127.0.0.1", "localhost"} {
		NewWithT(t).Expect(checkTCP(plan.TCPSocket{Host: host, Port: port})).To(Succeed(), host)
	}
}

func TestIPv6(t *testing.T) {
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
	port := listener.Addr().(*net.TCPAddr).Port
	for written, sent := range map[string]string{"::1": "[::1]", "[::1]": "[::1]", "localhost": "localhost"} {
		g.Expect(checkTCP(plan.TCPSocket{Host: written, Port: port})).To(Succeed(), written)
		g.Expect(check(plan.HTTPGet{Host: written, Port: port})).To(Succeed(), written)
		g.Expect(host).To(Equal(sent + ":" + strconv.Itoa(port)))
	}
}

func TestCheckRefusesWhatIsForACommand(t *testing.T) {
	for _, p := range []plan.Probe{
		{Notify: true},
		{Exec: &plan.Exec{Command: []string{"true"}}},
		{TCPSocket: &plan.TCPSocket{Host: "db.internal", Port: 80}},
		{HTTPGet: &plan.HTTPGet{Host: "127.1", Port: 80}},
		{HTTPGet: &plan.HTTPGet{Scheme: "https", Port: 443}},
	} {
		NewWithT(t).Expect(probe.Check(context.Background(), p)).To(MatchError(HavePrefix("this probe is for a command")))
	}
}

// patient is long enough for any machine; no test waits for it.
const patient = 30

func check(get plan.HTTPGet) error {
	return probe.Check(context.Background(), plan.Probe{HTTPGet: &get, TimeoutSeconds: patient})
}

func checkTCP(socket plan.TCPSocket) error {
	return probe.Check(context.Background(), plan.Probe{TCPSocket: &socket, TimeoutSeconds: patient})
}

func expectProblem(t *testing.T, err error, problem string) {
	t.Helper()
	if problem == "" {
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		return
	}
	NewWithT(t).Expect(err).To(MatchError(HaveSuffix(": " + problem)))
}

func serve(t *testing.T, handler http.Handler) (port int) {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.Listener.Addr().(*net.TCPAddr).Port
}

// serveConn hands every connection to handle, and closes it after that.
func serveConn(t *testing.T, handle func(net.Conn)) (port int) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_ = conn.SetDeadline(time.Now().Add(patient * time.Second))
				handle(conn)
			}()
		}
	}()
	return listener.Addr().(*net.TCPAddr).Port
}

func readRequest(conn net.Conn) {
	lines := bufio.NewScanner(conn)
	for more := true; more; {
		more = lines.Scan() && lines.Text() != ""
	}
}

func closedPort(t *testing.T) int {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
