package supervise

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

func TestPauseAfterALook(t *testing.T) {
	for name, of := range map[string]struct{ left, took, pause time.Duration }{
		"as long as nobody can exceed its share":   {500 * time.Millisecond, time.Millisecond, 500 * time.Millisecond},
		"not for less than is worth it":            {time.Millisecond, time.Millisecond, shortestPause},
		"longer after a look that cost much":       {time.Millisecond, 20 * time.Millisecond, 400 * time.Millisecond},
		"no longer than a second, even if it hung": {time.Millisecond, 3 * time.Second, longestPause},
	} {
		t.Run(name, func(t *testing.T) {
			NewWithT(t).Expect(pauseAfter(of.left, of.took)).To(Equal(of.pause))
		})
	}
}
