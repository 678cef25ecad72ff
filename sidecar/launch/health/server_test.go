package health

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/inet"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/machine"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/supervise"
)

func statuses(bool) []supervise.Status {
	running := machine.View{Phase: machine.Running, Health: machine.Unprobed}
	unready := machine.View{Phase: machine.Running, Health: machine.NotReady}
	return []supervise.Status{
		{Name: "Node Agent (é)", Type: "node-agent", Essential: true, PID: 7, View: unready},
		{Name: "extra", View: machine.View{Phase: machine.BackingOff, LastEnd: "exited with status 4"}},
		{Name: "migrate", Essential: true, View: machine.View{Phase: machine.Ended, Done: true}},
		{Name: "app", Type: "web", Essential: true, PID: 8, View: running},
	}
}

func TestRespond(t *testing.T) {
	for target, want := range map[string]string{
		"/live":                              "200 OK",
		"/started":                           "200 OK",
		"/ready":                             "503 Service Unavailable",
		"/ready?name=app":                    "200 OK",
		"/ready?x=y&name=extra&":             "503 Service Unavailable",
		"/ready?name=migrate":                "200 OK",
		"/live?name=Node+Agent+%28%C3%A9%29": "200 OK",
		"/live?name=node-agent":              "200 OK",
		"/ready?name=web":                    "200 OK",
		"/live?name=%zz":                     "404 Not Found",
		"/metrics":                           "200 OK",
		"/":                                  "404 Not Found",
		"*":                                  "404 Not Found",
	} {
		NewWithT(t).Expect(respond("GET", target, statuses).status).To(Equal(want), target)
	}
	NewWithT(t).Expect(respond("POST", "/live", statuses).status).To(Equal("405 Method Not Allowed"))
}

func TestEachProcessIsDescribed(t *testing.T) {
	text, ok, err := Check(statuses(false), Ready, "")
	expect := NewWithT(t).Expect
	expect(err).NotTo(HaveOccurred())
	expect(ok).To(BeFalse())
	expect(text).To(Equal("Node Agent (é): not ready: not ready\nextra: not ready: backing off, exited with status 4\n" +
		"migrate: ready\napp: ready\n"))
}

func TestWhoeverAsksForNobodyIsToldWhoThereIs(t *testing.T) {
	_, _, err := Check(statuses(false), Ready, "agent")
	NewWithT(t).Expect(err).To(MatchError(`there is no process "agent" here; there are: Node Agent (é), extra, migrate, app`))
}

// The end of the app, also of a job that has done its work, is that of all.
func TestNothingIsReadyOnceTheAppHasEnded(t *testing.T) {
	ended := machine.View{Phase: machine.Ended, Done: true}
	text, ok, err := Check([]supervise.Status{{Name: "migrate", View: ended}, {Name: "app", Essential: true, View: ended}}, Ready, "")
	expect := NewWithT(t).Expect
	expect(err).NotTo(HaveOccurred())
	expect(ok).To(BeFalse())
	expect(text).To(Equal("migrate: ready\napp: not ready: ended\n"))
}

func TestReadRequest(t *testing.T) {
	for text, want := range map[string]string{
		"GET /live HTTP/1.1\r\nHost: a\r\n\r\n": "GET /live",
		"HEAD /ready HTTP/1.0\n\n":              "HEAD /ready",
		"GET /live\r\n\r\n":                     "",
		"GET /live HTTP/2.0\r\n\r\n":            "",
		"GET /live HTTP/1.1\r\n":                "",
		"":                                      "",
		"GET /" + strings.Repeat("x", 1<<20):    "",
		"GET / HTTP/1.1\n" + strings.Repeat("A: b\n", 1000): "",
	} {
		method, target, err := readRequest(strings.NewReader(text))
		NewWithT(t).Expect(strings.TrimSpace(method+" "+target)).To(Equal(want), "%.40q", text)
		NewWithT(t).Expect(err == nil).To(Equal(want != ""))
	}
}

// Strangers may connect and say nothing. A kubelet waits for a second.
func TestServeWhoAsksThoughManyDoNot(t *testing.T) {
	expect := NewWithT(t).Expect
	free, err := net.Listen("tcp", "127.0.0.1:0")
	expect(err).NotTo(HaveOccurred())
	address := free.Addr().String()
	expect(free.Close()).To(Succeed())
	endpoint, ok := inet.ParseEndpoint(address)
	expect(ok).To(BeTrue())
	expect(Serve(endpoint, statuses)).To(Succeed())
	for range 3 * maxClients {
		conn, err := net.Dial("tcp", address)
		expect(err).NotTo(HaveOccurred())
		defer conn.Close()
	}
	response, err := (&http.Client{Timeout: clientTime / 2}).Get("http://" + address + "/live")
	expect(err).NotTo(HaveOccurred())
	expect(response.StatusCode).To(Equal(http.StatusOK))
	expect(response.Body.Close()).To(Succeed())
}

// Whatever comes, it is read or refused.
func FuzzReadRequest(f *testing.F) {
	f.Add("GET /ready?name=a HTTP/1.1\r\nHost: b\r\n\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		_, _, _ = readRequest(strings.NewReader(text))
	})
}

func FuzzUnescape(f *testing.F) {
	f.Add("a+b%28%zz%")
	f.Fuzz(func(t *testing.T, text string) {
		if want, err := url.QueryUnescape(text); err == nil {
			NewWithT(t).Expect(unescape(text)).To(Equal(want))
		}
	})
}
