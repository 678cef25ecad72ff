package main

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

func TestPutReplacesWhatStandsAtItsPlace(t *testing.T) {
	expect := NewWithT(t).Expect
	file := filepath.Join(t.TempDir(), "document.md")
	expect(os.WriteFile(file, []byte("before\n<!-- costs -->\nold\n<!-- /costs -->\nafter <!-- other --> it\n"), 0o644)).To(Succeed())
	costs := table{name: "costs", header: []string{"figure", "value"}, rows: [][]string{{"start", "$1 ms"}}}
	expect(put(file, costs.name, costs.String())).To(Succeed())
	expect(put(file, "other", "nothing")).To(Succeed())
	text, err := os.ReadFile(file)
	expect(err).NotTo(HaveOccurred())
	expect(string(text)).To(Equal("before\n<!-- costs -->\n" +
		"| figure | value |\n| --- | --- |\n| start | $1 ms |\n" +
		"<!-- /costs -->\nafter <!-- other --> it\n"))
}

func TestBudgetsHoldForRatiosToTheFloorOfTheSameRound(t *testing.T) {
	for _, test := range []struct {
		budget budget
		values []float64
		row    []string
	}{
		{atMost(1.25), []float64{1.1, 2.4, 9}, []string{"start", "2.0 ms", "2.4 ms", "1.20", "at most 1.25", "ok"}},
		{atMost(1.25), []float64{1.1, 2.6, 9}, []string{"start", "2.0 ms", "2.6 ms", "1.30", "at most 1.25", "**over**"}},
		{atLeast(0.95), []float64{0.5, 1.8, 9}, []string{"start", "2.0 ms", "1.8 ms", "0.90", "at least 0.95", "**over**"}},
		{budget{}, []float64{1, 2, 3}, []string{"start", "2.0 ms", "2.0 ms", "1.00", "", ""}},
	} {
		f := newFigure("start", "%.1f ms", floor, test.budget)
		f.values[floor], f.values[ours] = []float64{1, 2, 4}, test.values
		NewWithT(t).Expect(f.row(ours)).To(Equal(test.row))
	}
}

func TestPhasesLastUntilTheNextHeadline(t *testing.T) {
	expect := NewWithT(t).Expect
	taken, err := phases([]byte(`2026/01/02 15:04:05.100000 ===> ANALYZING
2026/01/02 15:04:05.200000 of this and that
===> DETECTING
2026/01/02 15:04:05.250000 one of two
2026/01/02 15:04:05.300000 ===> RESTORING
2026/01/02 15:04:05.900000 ===> BUILDING
2026/01/02 15:04:06.100000 ===> EXPORTING
`))
	expect(err).NotTo(HaveOccurred())
	expect(taken).To(Equal(300 * time.Millisecond))
	_, err = phases([]byte("nothing of the kind"))
	expect(err).To(HaveOccurred())
}

func TestOnlyWholeLinesCount(t *testing.T) {
	text := "sidecar1 | {sidecar1 000001 xx}\r\n{app 000001 }\n{app 000001 }\n" +
		"sidecar2 | {sidecar2 000001 x{app 000002 xxx}\nxx}\n{app 000003 xx"
	NewWithT(t).Expect(countWhole([]byte(text))).To(Equal(2))
}

func TestTheChartHasABarForEachValue(t *testing.T) {
	f := newFigure("start <1 sidecar>", "%.1f ms", floor, budget{})
	f.values[floor], f.values[ours] = []float64{1}, []float64{8}
	svg := chart([]string{floor, ours, "tini"}, f)
	expect := NewWithT(t).Expect
	expect(xml.Unmarshal([]byte(svg), new(struct{}))).To(Succeed())
	expect(svg).To(And(ContainSubstring("start &lt;1 sidecar&gt;"), ContainSubstring(">Sidecar<"),
		ContainSubstring(">1.0 ms<"), ContainSubstring(">–<"),
		MatchRegexp(`width="50" height="13" fill="#9aa5b1"`), MatchRegexp(`width="200" height="13" fill="#2563eb"`)))
}
