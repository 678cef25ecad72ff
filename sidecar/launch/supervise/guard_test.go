package supervise

import "testing"

// TestFirstDecisionCounts has the guard and the machine decide on the exit code, which the latter tells people.
func TestFirstDecisionCounts(t *testing.T) {
	for _, codes := range [][2]int{{137, 1}, {1, 137}, {0, 137}, {137, 0}} {
		var g guard
		for _, code := range codes {
			if decided := g.decide(code); decided != codes[0] {
				t.Errorf("%d was decided first, and now it is %d", codes[0], decided)
			}
		}
	}
}
