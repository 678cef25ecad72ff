package memory

import (
	"errors"
	"math"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// The settings at launch that are about memory.
const (
	TotalVariable  = "BPL_SIDECAR_MEMORY_TOTAL"  // a size that counts instead of the container's limit
	PolicyVariable = "BPL_SIDECAR_MEMORY_POLICY" // a Policy
)

// Policy says what becomes of memory that doesn't fit.
type Policy string

// The policies. Under Off nothing is read, set or said.
const (
	Fail Policy = "fail" // the default: nothing starts
	Warn Policy = "warn" // it is said, and nothing is divided
	Off  Policy = "off"
)

// OrWarn ends the errors that Warn would make of less weight: the way out for who wants that.
const OrWarn = ", or set " + PolicyVariable + "=" + string(Warn)

// ParsePolicy reads a Policy; nothing is Fail.
func ParsePolicy(s string) (Policy, error) {
	switch p := Policy(s); p {
	case "":
		return Fail, nil
	case Fail, Warn, Off:
		return p, nil
	}
	return "", errors.New("write " + string(Fail) + ", " + string(Warn) + " or " + string(Off))
}

// Container is what the app and its sidecars have between them.
type Container struct {
	Limit  plan.Size // 0: none is known
	Source string    // where Limit stands: a file, a variable or an option
}

// Share is a process and the memory that is its own.
type Share struct {
	Name   string
	Memory plan.Size // 0: none was declared or, for the app, none is known
}

// Division says what each process has of the container's memory.
type Division struct {
	Container Container
	App       Share // named after its process type; what the sidecars leave
	Sidecars  []Share
}

// Divide takes what the sidecars declare off the container's limit: the app has what remains. It is an error when nothing does. A
// container without a known limit leaves the app's share unknown.
func Divide(c Container, app string, sidecars []Share) (Division, error) {
	d := Division{Container: c, App: Share{Name: app}, Sidecars: sidecars}
	if c.Limit == 0 {
		return d, nil
	}
	if d.Reserved() >= c.Limit {
		return Division{}, errors.New("memory: " + d.sum() + " nothing of the container's " + c.Limit.String() + " for " + app +
			" (" + c.Source + "): give the container more or them less" + OrWarn)
	}
	d.App.Memory = c.Limit - d.Reserved()
	return d, nil
}

// Reserved is what the sidecars declare together.
func (d Division) Reserved() plan.Size {
	var sum plan.Size
	for _, s := range d.Sidecars {
		sum += min(s.Memory, math.MaxInt64-sum)
	}
	return sum
}

// sum is the addition of what is reserved, with its verb: "agent 128M leaves", "a 256M + b 128M = 384M leave".
func (d Division) sum() string {
	var terms []string
	for _, s := range d.Sidecars {
		if s.Memory > 0 {
			terms = append(terms, s.Name+" "+s.Memory.String())
		}
	}
	if len(terms) == 1 {
		return terms[0] + " leaves"
	}
	return strings.Join(terms, " + ") + " = " + d.Reserved().String() + " leave"
}

// OOMScoreAdj is the oom_score_adj of a process, given the supervisor's own, which nothing goes below and nobody needs a privilege to go
// above. The kernel takes the process with the most points: its memory in pages, plus oom_score_adj thousandths of all that the cgroup
// may use (oom_badness in mm/oom_kill.c; proc(5)). So who has the largest share keeps the supervisor's own, the others are given what
// they lack of it, and all score alike at their full shares: whoever exceeds his the most is taken first.
func (d Division) OOMScoreAdj(process string, own int) int {
	if d.Container.Limit == 0 || d.Reserved() == 0 {
		return own
	}
	largest := d.App.Memory
	for _, s := range d.Sidecars {
		largest = max(largest, s.Memory)
	}
	lacks := float64(largest-d.share(process)) / float64(d.Container.Limit)
	return min(own+int(lacks*1000), 1000)
}

// share is what a process has: the app where no sidecar is called so.
func (d Division) share(process string) plan.Size {
	for _, s := range d.Sidecars {
		if s.Name == process {
			return s.Memory
		}
	}
	return d.App.Memory
}
