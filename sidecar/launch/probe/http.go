package probe

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

const (
	maxLine  = 4 << 10                // bytes of one line of an answer
	maxDrain = 16 << 10               // bytes read of what follows the status
	drainFor = 100 * time.Millisecond // and how long that may take
)

// maxRedirects is Kubernetes' bound, which is that of Go's http.Client.
const maxRedirects = 10

// get passes on a last answer from 200 to 399. As in Kubernetes, redirects to the same host are followed; one to another host passes,
// and so does one to https, which takes more than this package has.
func get(ctx context.Context, h plan.HTTPGet) error {
	for range maxRedirects {
		a, err := exchange(ctx, h)
		if err != nil {
			return err
		}
		next, ok := redirected(h, a)
		switch {
		case ok:
			h = next
		case a.status < 200 || a.status > 399:
			return errors.New("status " + strconv.Itoa(a.status))
		default:
			return nil
		}
	}
	return errors.New("stopped after 10 redirects")
}

// exchange sends one request and reads the beginning of its answer.
func exchange(ctx context.Context, h plan.HTTPGet) (answer, error) {
	text, err := request(h)
	if err != nil {
		return answer{}, err
	}
	conn, err := dial(ctx, h.Host, h.Port)
	if err != nil {
		return answer{}, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := conn.Write(text); err != nil {
		return answer{}, err
	}
	a, err := readAnswer(conn)
	if err == nil {
		drain(conn)
	}
	return a, err
}

// drain lets the server finish a short answer: many log a broken pipe where the client leaves in the middle of it.
func drain(conn *os.File) {
	if conn.SetReadDeadline(time.Now().Add(drainFor)) == nil {
		_, _ = io.CopyN(io.Discard, conn, maxDrain)
	}
}

// request is the GET; a header of the probe's own replaces the default of the same name.
func request(h plan.HTTPGet) ([]byte, error) {
	defaults := map[string]string{"Host": h.Address(), "User-Agent": "sidecar-probe", "Connection": "close"}
	for name := range h.Headers {
		maps.DeleteFunc(defaults, func(own, _ string) bool { return strings.EqualFold(own, name) })
	}
	text := []byte("GET " + h.Target() + " HTTP/1.1\r\n")
	for _, headers := range []map[string]string{defaults, h.Headers} {
		for _, name := range slices.Sorted(maps.Keys(headers)) {
			value := headers[name]
			if !isToken(name) || strings.ContainsFunc(value, isControl) {
				return nil, errors.New("header " + strconv.Quote(name) + " cannot be sent: HTTP does not allow a character in it")
			}
			text = append(text, name+": "+value+"\r\n"...)
		}
	}
	return append(text, "\r\n"...), nil
}

// isToken is RFC 9110's rule for the name of a header (section 5.6.2).
func isToken(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// answer is the beginning of one.
type answer struct {
	status   int
	location string // where a redirect leads
}

// readAnswer reads the first final answer in r as far as it matters. How much it keeps is bounded; how long it reads is for r's deadline to
// say.
func readAnswer(r io.Reader) (answer, error) {
	lines := bufio.NewReaderSize(r, maxLine)
	for {
		line, err := readLine(lines)
		if err != nil {
			return answer{}, err
		}
		status, ok := parseStatus(line)
		if !ok {
			return answer{}, notHTTP(line)
		}
		isFinal := status >= 200 || status == 101
		if isFinal && !isRedirect(status) {
			return answer{status: status}, nil
		}
		location, err := readHeaders(lines)
		switch {
		case isFinal:
			return answer{status, location}, nil // where it can't be read, the redirect is all there is
		case err != nil:
			return answer{}, err
		}
	}
}

// isRedirect reports whether a status asks to go elsewhere (RFC 9110, section 15.4).
func isRedirect(status int) bool {
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308
}

// readHeaders reads the lines of an answer until its body, and returns the first Location.
func readHeaders(lines *bufio.Reader) (location string, err error) {
	for {
		line, err := readLine(lines)
		if err != nil || len(line) == 0 {
			return location, err
		}
		name, value, _ := strings.Cut(string(line), ":")
		if location == "" && strings.EqualFold(name, "Location") {
			location = strings.TrimSpace(value)
		}
	}
}

// readLine is the next line without its end; it is good until the next call.
func readLine(lines *bufio.Reader) ([]byte, error) {
	line, err := lines.ReadSlice('\n')
	switch {
	case err == nil:
		return bytes.TrimSuffix(line[:len(line)-1], []byte("\r")), nil
	case errors.Is(err, bufio.ErrBufferFull), errors.Is(err, io.EOF) && len(line) > 0:
		return nil, notHTTP(line)
	case errors.Is(err, io.EOF):
		return nil, errors.New("connection closed without an answer")
	}
	return nil, err
}

func notHTTP(line []byte) error {
	return errors.New("the answer is not HTTP: " + strconv.Quote(string(line[:min(len(line), 40)])))
}

// parseStatus reads RFC 9112's status line (section 4), its reason phrase left out or not.
func parseStatus(line []byte) (status int, ok bool) {
	const version = "HTTP/1.1"
	if len(line) < len(version+" 200") || !bytes.HasPrefix(line, []byte("HTTP/1.")) || !isDigit(line[7]) || line[8] != ' ' {
		return 0, false
	}
	code, rest := line[9:12], line[12:]
	if code[0] == '0' || !isDigit(code[0]) || !isDigit(code[1]) || !isDigit(code[2]) || len(rest) > 0 && rest[0] != ' ' {
		return 0, false
	}
	return int(code[0]-'0')*100 + int(code[1]-'0')*10 + int(code[2]-'0'), true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
