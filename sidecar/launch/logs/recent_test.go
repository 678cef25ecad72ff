package logs

import (
	"fmt"
	"io"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"pgregory.net/rapid"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func TestRecentKeepsTheLastWholeLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(2, 100).Draw(t, "size")
		r := newRecent(size)
		var all strings.Builder
		for _, line := range rapid.SliceOf(rapid.StringMatching(`[a-z]{0,30}`)).Draw(t, "lines") {
			line = line[:min(len(line), size-1)]
			_, before, more := r.Since(0)
			r.add([]byte(line))
			all.WriteString(line + "\n")
			NewWithT(t).Expect(more).To(BeClosed())
			added, _, _ := r.Since(before)
			NewWithT(t).Expect(string(added)).To(Equal(line + "\n"))
		}
		text, end, _ := r.Since(0)
		g := NewWithT(t)
		g.Expect(all.String()).To(HaveSuffix(string(text)))
		g.Expect(end).To(BeNumerically("==", all.Len()))
		g.Expect(len(text)).To(BeNumerically("<=", size))
		if rest, _ := strings.CutSuffix(all.String(), string(text)); rest != "" {
			g.Expect(rest).To(HaveSuffix("\n"), "a line is torn")
		}
	})
}

func TestRecentLinesOfAProcess(t *testing.T) {
	g := NewWithT(t)
	reader, end := platform(t)
	all := readAll(reader, 1<<16)
	l := newLogs(int(end.Fd()), int(end.Fd()), true)
	g.Expect(l.Recent("db")).To(BeNil())
	l.Keep(8192)
	for run := range 2 {
		stdout, stderr, err := opened(l, "db", plan.JSON)
		g.Expect(err).NotTo(HaveOccurred())
		for i := range 100 {
			fmt.Fprintf(stdout, "run %d, line %d\n", run, i)
		}
		io.WriteString(stderr, "the end")
		stdout.Close()
		stderr.Close()
		g.Expect(l.Drain(enough)).To(BeTrue())
	}
	end.Close()
	<-all
	text, _, _ := l.Recent("db").Since(0)
	g.Expect(string(text)).To(And(ContainSubstring("run 0, line 0\n"), ContainSubstring("run 1, line 99\n")))
	g.Expect(strings.Count(string(text), "the end\n")).To(Equal(2))
}
