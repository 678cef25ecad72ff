package supervise

import (
	"sync/atomic"
	"time"
)

// Checks are how a probe has gone so far.
type Checks struct {
	Passed, Failed int64
	Took           time.Duration // all of them together
}

// checks counts them. It is safe for concurrent use.
type checks struct{ passed, failed, took atomic.Int64 }

func (c *checks) add(err error, took time.Duration) {
	if err == nil {
		c.passed.Add(1)
	} else {
		c.failed.Add(1)
	}
	c.took.Add(int64(took))
}

func (c *checks) read() Checks {
	return Checks{c.passed.Load(), c.failed.Load(), time.Duration(c.took.Load())}
}
