package probe

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"testing/iotest"

	. "github.com/onsi/gomega"
)

// What readStatus takes, net/http takes too and reads as the same status; what comes in one piece or in single bytes is the same.
func FuzzReadStatus(f *testing.F) {
	for _, answer := range []string{
		"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.0 503\n\n", "HTTP/1.1 103 Early\r\nA: b\r\n\r\nHTTP/1.1 204 \r\n\r\n", "HTTP/1.1 2", "", "\r\n",
		"HTTP/1.1 099 x\r\n", "HTTP/2.0 200 OK\r\n\r\n", strings.Repeat("x", maxLine+1),
	} {
		f.Add([]byte(answer))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		g := NewWithT(t)
		status, err := readStatus(bytes.NewReader(answer))
		slowly, slowErr := readStatus(iotest.OneByteReader(bytes.NewReader(answer)))
		g.Expect(slowly).To(Equal(status))
		if err != nil {
			g.Expect(slowErr).To(MatchError(err.Error()))
			g.Expect(err.Error()).NotTo(ContainSubstring("\n"))
			return
		}
		g.Expect(status).To(And(BeNumerically(">", 100), BeNumerically("<", 1000)))
		line, _, _ := bytes.Cut(answer, []byte("\n"))
		response, err := http.ReadResponse(bufio.NewReader(io.MultiReader(bytes.NewReader(line), strings.NewReader("\n\n"))), nil)
		g.Expect(err).NotTo(HaveOccurred(), "%q", line)
		if response.StatusCode >= 200 {
			g.Expect(status).To(Equal(response.StatusCode))
		}
	})
}

// Whatever a probe says, one request with its own line and headers is sent, or none.
func FuzzRequest(f *testing.F) {
	f.Add("127.0.0.1", "/", "Accept", "*/*")
	f.Add("::1%\r\nA: b", "/a\r\n\r\nGET /b", "A\r\n", "b\nc")
	f.Fuzz(func(t *testing.T, host, path, name, value string) {
		request, err := HTTPGet{Host: host, Port: 80, Path: path, Headers: map[string]string{name: value}}.request()
		if err != nil {
			return
		}
		g := NewWithT(t)
		lines := strings.Split(string(request), "\r\n")
		wantLines := len([]string{"GET", "Host", "User-Agent", "Connection", name, "", ""})
		for _, own := range []string{"Host", "User-Agent", "Connection"} {
			if strings.EqualFold(own, name) {
				wantLines--
			}
		}
		g.Expect(lines).To(HaveLen(wantLines))
		g.Expect(strings.Count(string(request), "\n")).To(Equal(wantLines - 1))
		g.Expect(strings.Fields(lines[0])).To(HaveLen(3))
	})
}

func FuzzParseNotification(f *testing.F) {
	for _, message := range []string{"READY=1\nSTATUS=up", "STOPPING=1", "WATCHDOG=1\n", "STATUS=\x1b[2J", "\xff=\n\n=", "READY=1\x00"} {
		f.Add(message)
	}
	f.Fuzz(func(t *testing.T, message string) {
		g := NewWithT(t)
		said := parseNotification(message)
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

// What the supervisor pays for probes is this package's imports: each of these costs memory and start-up time in every container.
func TestImports(t *testing.T) {
	g := NewWithT(t)
	output, err := exec.Command("go", "list", "-deps", ".").Output()
	g.Expect(err).NotTo(HaveOccurred())
	for _, heavy := range []string{"crypto/tls", "fmt", "net", "net/http", "net/url", "os/exec", "regexp"} {
		g.Expect(strings.Fields(string(output))).NotTo(ContainElement(heavy))
	}
}
