package logs

import (
	"os"
	"strconv"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// fed is what comes out when text is read in chunks of these sizes, times 300, over and over.
func fed(g *WithT, text, sizes []byte, mode plan.Logs, shared bool) string {
	fd, err := unix.MemfdCreate("out", 0)
	g.Expect(err).NotTo(HaveOccurred())
	defer unix.Close(fd)
	to := output{&destination{limit: writeSize}, fd}
	if shared {
		to.limit = pipeBuf
	}
	l := lines{to: to, as: newFormat(mode, "db", "stdout", shared)}
	buffer := make([]byte, readSize)
	for i := 0; len(text) > 0; i++ {
		size := readSize
		if len(sizes) > 0 {
			size = int(sizes[i%len(sizes)])*300 + 1
		}
		n := copy(buffer[:min(size, readSize)], text)
		l.pass(buffer[:n])
		text = text[n:]
	}
	l.finish()
	all, err := os.ReadFile("/proc/self/fd/" + strconv.Itoa(fd))
	g.Expect(err).NotTo(HaveOccurred())
	return string(all)
}

// prefixedModel says in the simplest way what text becomes.
func prefixedModel(text, prefix string, max int) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		for more := true; more; more = line != "" {
			n := cutRunes(line, max)
			out.WriteString(prefix + line[:n] + "\n")
			line = line[n:]
		}
	}
	return out.String()
}

// rejoined puts the lines of JSON records together again.
func rejoined(g *WithT, text string) (lines []string) {
	part := ""
	for _, r := range records(g, text) {
		if part += r.Line; !r.Partial {
			lines = append(lines, part)
			part = ""
		}
	}
	g.Expect(part).To(BeEmpty())
	return lines
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("one\n\ntwo"), []byte{0}, 1, false)
	f.Add([]byte("é\xff\x00\"\\\n"), []byte{}, 1000, true)
	f.Add([]byte("\x01\xe2\x82"), []byte{13, 255, 0}, 50000, true)
	f.Add([]byte("€𝄞x"), []byte{7}, 50000, false)
	f.Fuzz(func(t *testing.T, text, sizes []byte, times int, shared bool) {
		g := NewWithT(t)
		text = []byte(strings.Repeat(string(text), max(1, times%(1<<18/(len(text)+1)+1)))) // up to 256 KiB
		longest := maxLine
		if shared {
			longest = pipeBuf - len("db | \n")
		}
		out := fed(g, text, sizes, plan.Prefix, shared)
		g.Expect(out == prefixedModel(string(text), "db | ", longest)).To(BeTrue())

		out = fed(g, text, sizes, plan.JSON, shared)
		expected := strings.Split(string([]rune(string(text))), "\n")
		if last := len(expected) - 1; expected[last] == "" {
			expected = expected[:last]
		}
		g.Expect(strings.Join(rejoined(g, out), "\n") == strings.Join(expected, "\n")).To(BeTrue())
		for line := range strings.Lines(out) {
			g.Expect(shared && len(line) > pipeBuf).To(BeFalse())
		}
	})
}

func BenchmarkLines(b *testing.B) {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer null.Close()
	text := []byte(strings.Repeat(strings.Repeat("x", 99)+"\n", readSize/100))
	for _, mode := range []plan.Logs{plan.Prefix, plan.JSON} {
		for _, shared := range []bool{false, true} {
			b.Run(string(mode)+"/shared="+strconv.FormatBool(shared), func(b *testing.B) {
				to := newOutput(int(null.Fd()), false)
				if shared {
					to.limit = pipeBuf
				}
				l := lines{to: to, as: newFormat(mode, "db", "stdout", shared)}
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				for b.Loop() {
					l.pass(text)
				}
			})
		}
	}
}
