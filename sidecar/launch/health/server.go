package health

import (
	"bufio"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/sidecar-buildpack/sidecar/sidecar/fault"
	"github.com/sidecar-buildpack/sidecar/sidecar/inet"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/socket"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/supervise"
)

const (
	maxClients  = 32              // that are served at a time
	maxRequest  = 8 << 10         // bytes of one line of a request
	maxHeaders  = 100             // lines
	clientTime  = 5 * time.Second // for a request and its answer
	acceptPause = 100 * time.Millisecond
)

// Serve answers GET /live, /started and /ready, of all processes or of that in ?name=, and GET /metrics, until the process ends.
func Serve(address inet.Endpoint, status func(measure bool) []supervise.Status) error {
	listener, err := socket.ListenTCP(address)
	if err != nil {
		return fault.Wrap("health and metrics are not available on "+address.Text+": ", err)
	}
	go func() {
		var all clients
		for {
			connection, err := socket.Accept(listener)
			if err != nil {
				time.Sleep(acceptPause) // out of file descriptors, say
				continue
			}
			all.enter(connection)
			go func() {
				defer all.leave(connection)
				serve(connection, status)
			}()
		}
	}()
	return nil
}

// clients are the connections of those who are served, the oldest first. Where there are too many, the oldest is closed: whoever asks is
// answered at once, and whoever holds one and says nothing keeps nobody waiting.
type clients struct {
	mu   sync.Mutex
	open []*os.File
}

func (c *clients) enter(connection *os.File) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open = append(c.open, connection); len(c.open) > maxClients {
		_ = c.open[0].Close()
		c.open = slices.Delete(c.open, 0, 1)
	}
}

func (c *clients) leave(connection *os.File) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = connection.Close()
	c.open = slices.DeleteFunc(c.open, func(other *os.File) bool { return other == connection })
}

// serve answers one request.
func serve(connection *os.File, status func(measure bool) []supervise.Status) {
	_ = connection.SetDeadline(time.Now().Add(clientTime))
	method, target, err := readRequest(connection)
	if err != nil {
		return
	}
	a := respond(method, target, status)
	text := "HTTP/1.1 " + a.status + "\r\nContent-Type: " + a.kind + "\r\nContent-Length: " + strconv.Itoa(len(a.body)) +
		"\r\nConnection: close\r\n\r\n"
	if method != "HEAD" {
		text += a.body
	}
	_, _ = io.WriteString(connection, text)
}

// readRequest reads a request's line, and its headers, since a connection that is closed before that would take the answer with it.
func readRequest(r io.Reader) (method, target string, err error) {
	lines := bufio.NewReaderSize(r, maxRequest)
	line, err := lines.ReadSlice('\n')
	if err != nil {
		return "", "", err
	}
	fields := strings.Fields(string(line))
	if len(fields) != 3 || !strings.HasPrefix(fields[2], "HTTP/1.") {
		return "", "", errors.New("not a request of HTTP/1")
	}
	method, target = fields[0], fields[1] // line is gone with the next one
	for range maxHeaders {
		line, err := lines.ReadSlice('\n')
		switch {
		case err != nil:
			return "", "", err
		case len(strings.TrimSpace(string(line))) == 0:
			return method, target, nil
		}
	}
	return "", "", errors.New("more than " + strconv.Itoa(maxHeaders) + " headers")
}

// answer is what a client gets.
type answer struct{ status, kind, body string }

const (
	plainText   = "text/plain; charset=utf-8"
	fine        = "200 OK"
	notFound    = "404 Not Found"
	notAllowed  = "405 Method Not Allowed"
	unavailable = "503 Service Unavailable"
)

func respond(method, target string, status func(measure bool) []supervise.Status) answer {
	if method != "GET" && method != "HEAD" {
		return answer{notAllowed, plainText, "GET or HEAD\n"}
	}
	path, query, _ := strings.Cut(target, "?")
	if path == "/metrics" {
		return answer{fine, contentType, Metrics(status(true))}
	}
	kind := Kind(strings.TrimPrefix(path, "/"))
	if kind != Live && kind != Started && kind != Ready {
		return answer{notFound, plainText, "there are /live, /started, /ready and /metrics\n"}
	}
	text, ok, err := Check(status(false), kind, nameIn(query))
	switch {
	case err != nil:
		return answer{notFound, plainText, err.Error() + "\n"}
	case !ok:
		return answer{unavailable, plainText, text}
	}
	return answer{fine, plainText, text}
}

// nameIn returns the value of name in a query.
func nameIn(query string) string {
	for pair := range strings.SplitSeq(query, "&") {
		if value, found := strings.CutPrefix(pair, "name="); found {
			return unescape(value)
		}
	}
	return ""
}

// unescape undoes what is done to a value in a query: blanks are +, and what else is special is % and two hexadecimal digits.
func unescape(s string) string {
	var text []byte
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+':
			text = append(text, ' ')
		case s[i] == '%' && i+2 < len(s):
			b, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
			if err != nil {
				return s
			}
			text = append(text, byte(b))
			i += 2
		default:
			text = append(text, s[i])
		}
	}
	return string(text)
}
