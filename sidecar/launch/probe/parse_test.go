package probe

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/integration/bounded"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// What readAnswer takes, net/http takes too and reads as the same status; what comes in one piece or in single bytes is the same.
func FuzzReadAnswer(f *testing.F) {
	for _, text := range []string{
		"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.0 503\n\n", "HTTP/1.1 103 Early\r\nA: b\r\n\r\nHTTP/1.1 204 \r\n\r\n", "HTTP/1.1 2", "", "\r\n",
		"HTTP/1.1 099 x\r\n", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 302 \nlocation: /a\n\n", strings.Repeat("x", maxLine+1),
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		g := NewWithT(t)
		var read answer
		var err error
		bounded.Do(t, 1<<20, func() { read, err = readAnswer(bytes.NewReader(text)) }) // however long it is
		slowly, slowErr := readAnswer(iotest.OneByteReader(bytes.NewReader(text)))
		g.Expect(slowly).To(Equal(read))
		if err != nil {
			g.Expect(slowErr).To(MatchError(err.Error()))
			g.Expect(err.Error()).NotTo(ContainSubstring("\n"))
			return
		}
		status := read.status
		g.Expect(status).To(And(BeNumerically(">", 100), BeNumerically("<", 1000)))
		line, _, _ := bytes.Cut(text, []byte("\n"))
		response, err := http.ReadResponse(bufio.NewReader(io.MultiReader(bytes.NewReader(line), strings.NewReader("\n\n"))), nil)
		g.Expect(err).NotTo(HaveOccurred(), "%q", line)
		if response.StatusCode >= 200 {
			g.Expect(status).To(Equal(response.StatusCode))
		}
	})
}

// What redirected makes of a location is what net/url makes of it, where it follows that at all.
func FuzzRedirected(f *testing.F) {
	for _, location := range []string{"/a", "b?c", "?d", "../e/", "//127.0.0.1:81/f", "http://127.0.0.1?g", "https://127.0.0.1/",
		"mailto:h", "http:0", "http:/a", "."} {
		f.Add(location)
	}
	f.Fuzz(func(t *testing.T, location string) {
		h := plan.HTTPGet{Port: 80, Path: "/x/y?z"}
		next, ok := redirected(h, answer{302, location})
		from, _ := url.Parse(h.URL())
		to, err := from.Parse(location)
		if !ok || err != nil {
			return
		}
		g := NewWithT(t)
		g.Expect(to.Hostname()).To(Equal("127.0.0.1"))
		g.Expect(next.Port).To(BeNumerically(">", 0))
	})
}

// Whatever a probe says, one request with its own line and headers is sent, or none.
func FuzzRequest(f *testing.F) {
	f.Add("127.0.0.1", "/", "Accept", "*/*")
	f.Add("::1%\r\nA: b", "/a\r\n\r\nGET /b", "A\r\n", "b\nc")
	f.Fuzz(func(t *testing.T, host, path, name, value string) {
		text, err := request(plan.HTTPGet{Host: host, Port: 80, Path: path, Headers: map[string]string{name: value}})
		if err != nil {
			return
		}
		g := NewWithT(t)
		lines := strings.Split(string(text), "\r\n")
		wantLines := len([]string{"GET", "Host", "User-Agent", "Connection", name, "", ""})
		for _, own := range []string{"Host", "User-Agent", "Connection"} {
			if strings.EqualFold(own, name) {
				wantLines--
			}
		}
		g.Expect(lines).To(HaveLen(wantLines))
		g.Expect(strings.Count(string(text), "\n")).To(Equal(wantLines - 1))
		g.Expect(strings.Fields(lines[0])).To(HaveLen(3))
	})
}

func FuzzParseNotification(f *testing.F) {
	for _, message := range []string{"READY=1\nSTATUS=up", "STOPPING=1", "WATCHDOG=1\n", "STATUS=\x1b[2J", "\xff=\n\n=", "READY=1\x00"} {
		f.Add(message)
	}
	f.Fuzz(func(t *testing.T, message string) {
		g := NewWithT(t)
		var said Notification
		bounded.Do(t, 1<<20+100*uint64(len(message)), func() { said = parseNotification(message) })
		lines := strings.Split(message, "\n")
		contain := func(line string) bool { return strings.Contains("\n"+message+"\n", "\n"+line+"\n") }
		g.Expect([]bool{said.Ready, said.Stopping, said.Watchdog}).
			To(Equal([]bool{contain("READY=1"), contain("STOPPING=1"), contain("WATCHDOG=1")}))
		if said.Status != "" {
			g.Expect(lines).To(ContainElement("STATUS=" + said.Status))
			g.Expect(strings.ContainsFunc(said.Status, isControl)).To(BeFalse())
		}
	})
}
