package runtimes

import (
	"slices"
	"strconv"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

const oldSpace = "--max-old-space-size="

// nodeOptions leaves a quarter to what V8 doesn't count as old space, as Paketo does. It is never more than Node.js itself would take.
func (p *process) nodeOptions(value string) (string, error) {
	own, whole := p.megabytes()
	if p.share == 0 || own == 0 {
		return value, nil
	}
	text, given := p.scaledOldSpace(value, whole, own)
	if given || !p.reachesNode() || own*75/100 >= p.nodesOwn() {
		return text, nil
	}
	return appended(text, oldSpace+strconv.FormatInt(own*75/100, 10)), nil
}

// scaledOldSpace changes the old space that Paketo derived from the whole container. One that is something else was chosen, and stays.
func (p *process) scaledOldSpace(value string, whole, own int64) (text string, given bool) {
	all := words(value)
	for i := len(all) - 1; i >= 0; i-- {
		flag, size, _ := strings.Cut(all[i].text, "=")
		if strings.ReplaceAll(flag, "_", "-")+"=" != oldSpace {
			continue
		}
		given = true
		if whole > 0 && size == strconv.FormatInt(whole*75/100, 10) {
			value = value[:all[i].start] + flag + "=" + strconv.FormatInt(own*75/100, 10) + value[all[i].end:]
		}
	}
	return value, given
}

// nodesOwn returns the megabytes of old space that Node.js takes by itself: half of the limit that it sees, up to 2G or, from 15G on, 4G
// (Heap::HeapSizeFromPhysicalMemory in V8). Where it sees none it counts on the machine, which may be a large one.
func (p *process) nodesOwn() int64 {
	const gigabyte = int64(plan.G / plan.M)
	limit := int64(p.Container.Limit / plan.M)
	if limit >= 15*gigabyte || !slices.Contains(ownLimits, p.Container.Source) {
		return 4 * gigabyte
	}
	return min(limit/2, 2*gigabyte)
}
