package machine

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"pgregory.net/rapid"
)

// passage is a way from one phase to another, as it is seen from outside.
type passage struct{ from, to Phase }

// passages are all ways that there are, by what leads along them.
var passages = map[passage]string{
	{Waiting, Spawning}:     "what it needs holds",
	{Waiting, Skipped}:      "that never will, or all stop",
	{Waiting, Held}:         "somebody stops it",
	{Spawning, Waiting}:     "can't be started, and somebody restarts it",
	{Spawning, Running}:     "",
	{Spawning, BackingOff}:  "can't be started",
	{Spawning, Ended}:       "can't be started",
	{Spawning, Held}:        "somebody stops it",
	{Spawning, Draining}:    "it is to stop",
	{Spawning, Stopping}:    "it is to stop",
	{Running, Draining}:     "it is to stop, and has a delay or a pre-stop",
	{Running, Stopping}:     "it is told to stop",
	{Running, Lingering}:    "it ends, and leaves something behind",
	{Running, BackingOff}:   "it ends",
	{Running, Ended}:        "it ends",
	{Draining, Running}:     "all stop, and its turn comes",
	{Draining, Stopping}:    "it is told",
	{Draining, Lingering}:   "it ends",
	{Draining, Ended}:       "it ends",
	{Draining, Held}:        "it ends",
	{Draining, Waiting}:     "it ends",
	{Stopping, Lingering}:   "it ends, and leaves something behind",
	{Stopping, BackingOff}:  "it ends",
	{Stopping, Ended}:       "it ends",
	{Stopping, Held}:        "somebody wanted that",
	{Stopping, Waiting}:     "somebody restarts it",
	{Lingering, BackingOff}: "all of it is gone",
	{Lingering, Ended}:      "all of it is gone",
	{Lingering, Held}:       "all of it is gone",
	{Lingering, Waiting}:    "all of it is gone",
	{BackingOff, Waiting}:   "its time is over",
	{BackingOff, Ended}:     "all stop",
	{BackingOff, Held}:      "somebody stops it",
	{Held, Waiting}:         "somebody starts it",
	{Held, Ended}:           "all stop",
	{Ended, Waiting}:        "somebody starts it",
	{Skipped, Waiting}:      "somebody starts it",
}

// walked are the passages of all processes from one state to the next. Whoever is to start again waits, if only for an instant.
func walked(before, after State) (all []passage) {
	for i := range before.procs {
		p := passage{before.View(i).Phase, after.View(i).Phase}
		if p.from == p.to {
			continue
		}
		if p.from != Waiting && (p.to == Spawning || p.to == Skipped) {
			p.to = Waiting
		}
		all = append(all, p)
	}
	return all
}

func TestTheDrawingHasAllPassages(t *testing.T) {
	parallel(t, 20_000, func(t *rapid.T) {
		w := newWorld(t)
		w.live()
		before := w.initial
		for _, m := range w.past {
			for _, p := range walked(before, m.after) {
				if _, drawn := passages[p]; !drawn {
					t.Fatalf("%v --> %v is not drawn, at %T", p.from, p.to, m.event)
				}
			}
			before = m.after
		}
	})
}

func TestThereAreAllPassagesOfTheDrawing(t *testing.T) {
	left := maps.Clone(passages)
	for _, group := range scenarios() {
		for _, s := range group {
			for _, p := range s.play(t) {
				delete(left, p)
			}
		}
	}
	NewWithT(t).Expect(left).To(BeEmpty(), "no scenario goes these ways")
}

// TestTheDrawing holds the page to the machine; UPDATE=1 draws it anew.
func TestTheDrawing(t *testing.T) {
	const page, begin, end = "../../../docs/order-and-health.md", "```mermaid\n", "```\n"
	g := NewWithT(t)
	text, err := os.ReadFile(page)
	g.Expect(err).NotTo(HaveOccurred())
	before, rest, found := strings.Cut(string(text), begin)
	g.Expect(found).To(BeTrue())
	drawn, after, _ := strings.Cut(rest, end)
	if os.Getenv("UPDATE") != "" {
		g.Expect(os.WriteFile(page, []byte(before+begin+drawing()+end+after), 0o644)).To(Succeed())
		return
	}
	g.Expect(drawn).To(Equal(drawing()))
}

func drawing() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n  [*] --> waiting\n")
	id := func(p Phase) string { return strings.ReplaceAll(p.String(), " ", "_") }
	for _, p := range slices.SortedFunc(maps.Keys(passages), func(a, b passage) int {
		return cmp.Or(cmp.Compare(a.from, b.from),
			cmp.Compare(a.to, b.to))
	}) {
		fmt.Fprintf(&b, "  %s --> %s", id(p.from), id(p.to))
		if passages[p] != "" {
			b.WriteString(": " + passages[p])
		}
		b.WriteString("\n")
	}
	b.WriteString("  ended --> [*]\n  skipped --> [*]\n")
	return b.String()
}
