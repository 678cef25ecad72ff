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
)

const (
	maxLine  = 4 << 10                // bytes of one line of an answer
	maxDrain = 16 << 10               // bytes read of what follows the status
	drainFor = 100 * time.Millisecond // and how long that may take
)

func (h HTTPGet) check(ctx context.Context) error {
	request, err := h.request()
	if err != nil {
		return err
	}
	conn, err := dial(ctx, h.Host, h.Port)
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := conn.Write(request); err != nil {
		return err
	}
	status, err := readStatus(conn)
	if err != nil {
		return err
	}
	drain(conn)
	if status < 200 || status > 399 {
		return errors.New("status " + strconv.Itoa(status))
	}
	return nil
}

// drain lets the server finish a short answer: many log a broken pipe where the client leaves in the middle of it.
func drain(conn *os.File) {
	if conn.SetReadDeadline(time.Now().Add(drainFor)) == nil {
		_, _ = io.CopyN(io.Discard, conn, maxDrain)
	}
}

func (h HTTPGet) secure() bool { return strings.EqualFold(h.Scheme, "https") }

func (h HTTPGet) address() string { return address(h.Host, h.Port) }

// url writes the % of an IPv6 zone as RFC 6874 has it (section 2).
func (h HTTPGet) url() string {
	scheme := "http://"
	if h.secure() {
		scheme = "https://"
	}
	return scheme + strings.ReplaceAll(h.address(), "%", "%25") + h.target()
}

// target is the path as a request can carry it: what would end or split the request line is percent-encoded, and a
// fragment is left out.
func (h HTTPGet) target() string {
	path, _, _ := strings.Cut(h.Path, "#")
	var target strings.Builder
	if !strings.HasPrefix(path, "/") {
		target.WriteByte('/')
	}
	for _, c := range []byte(path) {
		if c > ' ' && c < 0x7f {
			target.WriteByte(c)
			continue
		}
		const hex = "0123456789ABCDEF"
		target.Write([]byte{'%', hex[c>>4], hex[c&15]})
	}
	return target.String()
}

// request is the GET; a header of the probe's own replaces the default of the same name.
func (h HTTPGet) request() ([]byte, error) {
	defaults := map[string]string{"Host": h.address(), "User-Agent": "sidecar-probe", "Connection": "close"}
	for name := range h.Headers {
		maps.DeleteFunc(defaults, func(own, _ string) bool { return strings.EqualFold(own, name) })
	}
	request := []byte("GET " + h.target() + " HTTP/1.1\r\n")
	for _, headers := range []map[string]string{defaults, h.Headers} {
		for _, name := range slices.Sorted(maps.Keys(headers)) {
			value := headers[name]
			if !isToken(name) || strings.ContainsFunc(value, isControl) {
				return nil, errors.New("header " + strconv.Quote(name) + " cannot be sent: HTTP does not allow a character in it")
			}
			request = append(request, name+": "+value+"\r\n"...)
		}
	}
	return append(request, "\r\n"...), nil
}

// isToken is RFC 9110's rule for the name of a header (section 5.6.2).
func isToken(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// readStatus is the status of the first final answer in r. How much it keeps is bounded; how long it reads is r's deadline's matter.
func readStatus(r io.Reader) (int, error) {
	lines := bufio.NewReaderSize(r, maxLine)
	for {
		line, err := readLine(lines)
		if err != nil {
			return 0, err
		}
		status, ok := parseStatus(line)
		if !ok {
			return 0, notHTTP(line)
		}
		if interim := status < 200 && status != 101; !interim {
			return status, nil
		}
		for len(line) > 0 {
			if line, err = readLine(lines); err != nil {
				return 0, err
			}
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
