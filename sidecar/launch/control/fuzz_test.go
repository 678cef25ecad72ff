package control

import (
	"bytes"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/integration/bounded"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/supervise"
)

// FuzzServe sends whatever a client may send. What is no request with a known verb reaches nobody, and the first line of an answer is one
// that a terminal can show.
func FuzzServe(f *testing.F) {
	for _, text := range []string{"ps\n", "ps\x00--json\n", "restart\x00agent\x00--no-wait\nmore", "restart\n", "\n", "\x00\x00\n", "",
		"logs\x00a\x00-f", "\x1b[2J\n", strings.Repeat("x", longestLine+1)} {
		f.Add([]byte(text))
	}
	var asked []string
	plain, withName := maps.Clone(handlers), maps.Clone(named)
	f.Cleanup(func() { handlers, named = plain, withName })
	for verb := range handlers {
		handlers[verb] = func(_ *supervise.Supervisor, words []string, a answer) {
			asked = append([]string{verb}, words...)
			a.show("done\n")
		}
	}
	for verb := range named {
		named[verb] = func(_ *supervise.Supervisor, name string, words []string, a answer) {
			asked = append([]string{verb, name}, words...)
			a.show("done\n")
		}
	}
	f.Fuzz(func(t *testing.T, request []byte) {
		expect := NewWithT(t).Expect
		asked = nil
		var shown string
		bounded.Do(t, 1<<20+10*uint64(len(request)), func() { shown = exchange(t, request) })
		line, _, whole := bytes.Cut(request, []byte("\n"))
		if asked != nil {
			expect(whole).To(BeTrue())
			expect(strings.Join(asked, separator)).To(Equal(string(line)))
			expect(shown).To(Equal("\ndone\n"))
		} else if shown != "" { // nothing comes where the server has closed on what it had not read
			problem, rest, _ := strings.Cut(shown, "\n")
			expect(problem).NotTo(BeEmpty())
			expect(strings.ContainsFunc(problem, unicode.IsControl)).To(BeFalse(), "%q", problem)
			expect(rest).To(BeEmpty())
		}
	})
}

// exchange serves one connection and returns what comes as an answer to a request.
func exchange(t *testing.T, request []byte) string {
	t.Helper()
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	client, server := os.NewFile(uintptr(ends[0]), "client"), os.NewFile(uintptr(ends[1]), "server")
	defer client.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		serve(nil, server, make(chan struct{}, maxUntrusted))
	}()
	_, _ = client.Write(request) // the server may have read enough
	_ = unix.Shutdown(ends[0], unix.SHUT_WR)
	answer, _ := io.ReadAll(client)
	<-done
	return string(answer)
}

// FuzzReceive reads whatever may come as an answer: it is shown as it is, behind a first line that is an error or empty.
func FuzzReceive(f *testing.F) {
	for _, text := range []string{"\nNAME  PID\n", "no such process\n", "", "half", "failed\nand more",
		strings.Repeat("x", longestProblem+1)} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		expect := NewWithT(t).Expect
		var out bytes.Buffer
		var err error
		bounded.Do(t, 1<<20+10*uint64(len(answer)), func() { err = receive(&out, bytes.NewReader(answer)) })
		problem, shown, whole := strings.Cut(string(answer), "\n")
		switch {
		case !whole || len(problem) >= longestProblem:
			expect(err).To(HaveOccurred())
			expect(out.Len()).To(BeZero())
		case problem == "":
			expect(err).NotTo(HaveOccurred())
			expect(out.String()).To(Equal(shown))
		default:
			expect(err).To(MatchError(problem))
			expect(out.String()).To(Equal(shown))
		}
	})
}

// FuzzOffers reads whatever names others may give their sockets.
func FuzzOffers(f *testing.F) {
	const line = "0000000000000000: 00000002 00000000 00010000 0001 01 23456 @sidecar-supervisor/4026531836/"
	for _, text := range []string{line + "17\n", line + "17/0123abc\n" + line + "-1\n", line + "\n", "@\n", line + "1 2\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		const prefix = "sidecar-supervisor/4026531836/"
		var all []offer
		bounded.Do(t, 1<<20+100*uint64(len(text)), func() { all = offers(text, prefix) })
		for _, o := range all {
			if o.pid <= 0 || !strings.HasPrefix(o.name, prefix) || !slices.Contains(strings.Fields(text), "@"+o.name) {
				t.Errorf("%+v", o)
			}
		}
	})
}
