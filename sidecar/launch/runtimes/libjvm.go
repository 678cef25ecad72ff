package runtimes

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// The memory regions of a JVM that libjvm, which Paketo's JVM buildpacks share, knows, in the order in which it appends their flags to
// JAVA_TOOL_OPTIONS at launch. Its arithmetic is: heap = total - head room - direct memory - metaspace - code cache - threads x stack.
const (
	directMemory = iota
	heap
	metaspace
	codeCache
	stack
	regionCount
)

var regionFlags = [regionCount]string{"-XX:MaxDirectMemorySize=", "-Xmx", "-XX:MaxMetaspaceSize=", "-XX:ReservedCodeCacheSize=", "-Xss"}

// The numbers of libjvm's calculation.
const (
	libjvmDirectMemory = 10 * plan.M
	libjvmCodeCache    = 240 * plan.M
	libjvmStack        = 1 * plan.M
	libjvmThreads      = 250
	libjvmMostMemory   = 64 * plan.T
	classOverhead      = 14_000_000 // of the metaspace
	classSize          = 5_800
)

// ownLimits are the limits that libjvm and other runtimes see themselves: those of a container's own group, in version 1 and 2. Where there
// are none, libjvm takes the memory that the machine has available.
var ownLimits = []string{"/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory.max"}

// notGiven is the size of a region without a flag.
const notGiven plan.Size = -1

// regions are the sizes of a JVM's memory regions.
type regions [regionCount]plan.Size

// parseRegion reads the flag of a region as libjvm does: a whole number and k, m, g or t, in any case, or nothing for bytes.
func parseRegion(option string) (region int, size plan.Size, ok bool) {
	for r, flag := range regionFlags {
		if value, isFlag := strings.CutPrefix(option, flag); isFlag {
			size, ok := parseJVMSize(value)
			return r, size, ok
		}
	}
	return 0, 0, false
}

func parseJVMSize(s string) (plan.Size, bool) {
	digits := strings.TrimRight(s, "kKmMgGtT")
	unit := plan.B
	switch strings.ToUpper(s[len(digits):]) {
	case "":
	case "K":
		unit = plan.K
	case "M":
		unit = plan.M
	case "G":
		unit = plan.G
	case "T":
		unit = plan.T
	default:
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 63)
	if err != nil || n > math.MaxInt64/uint64(unit) {
		return 0, false
	}
	return plan.Size(n) * unit, true
}

// given returns the regions that options give; the last of a flag counts.
func given(options []word) regions {
	all := regions{notGiven, notGiven, notGiven, notGiven, notGiven}
	for _, w := range options {
		if region, size, ok := parseRegion(w.text); ok {
			all[region] = size
		}
	}
	return all
}

// The variables by which libjvm's arithmetic can be changed.
const (
	headRoomVariable = "BPL_JVM_HEAD_ROOM" // percent of the total
	threadsVariable  = "BPL_JVM_THREAD_COUNT"
	classesVariable  = "BPL_JVM_LOADED_CLASS_COUNT"
	reservedVariable = "BPL_JVM_RESERVED_MEMORY" // a size; libjvm doesn't know it yet (docs/proposals/libjvm-memory-reserved.md)
)

// jvm is what the arithmetic takes besides the regions that flags give.
type jvm struct {
	headRoom plan.Size
	threads  plan.Size
	itself   plan.Size // what the JVM takes outside of its regions, which libjvm doesn't count
}

// jvm returns what libjvm took from the environment for the app.
func (p *process) jvm() jvm {
	percent := number(p.get(headRoomVariable), number(p.get("BPL_JVM_HEADROOM"), 0))
	return jvm{
		headRoom: percentOf(p.Container.Limit-p.leftOut, percent),
		threads:  plan.Size(number(p.get(threadsVariable), libjvmThreads)),
	}
}

func percentOf(total plan.Size, percent int) plan.Size {
	return plan.Size(float64(percent) / 100 * float64(total))
}

// number reads a whole number that isn't negative; one that isn't that is as good as none.
func number(text string, otherwise int) int {
	if n, err := strconv.ParseUint(text, 10, 31); err == nil {
		return int(n)
	}
	return otherwise
}

// need returns the memory that regions take together with head room and the JVM itself. What isn't given counts for nothing.
func (j jvm) need(all regions) plan.Size {
	sum := float64(j.headRoom) + float64(j.itself) // a float64 doesn't overflow, and is exact for whatever a machine has
	for region, size := range all {
		switch {
		case size == notGiven:
		case region == stack:
			sum += float64(size) * float64(j.threads)
		default:
			sum += float64(size)
		}
	}
	return plan.Size(min(sum, math.MaxInt64/2))
}

// calculation finds the flags that libjvm has appended: words[first:end]. They follow each other by single spaces and are those, all of
// those, and in their order, that the options before them do not give. Users write such flags too, so what libjvm takes from a
// table must be that, and what it calculates must be what it would.
func (p *process) calculation(text string, all []word) (first, end int, found bool) {
	for first := range all {
		user := given(all[:first])
		end := first
		for region, size := range user {
			if size != notGiven {
				continue
			}
			if end == len(all) || !isCalculated(text, all, end, end > first, region) {
				end = first
				break
			}
			end++
		}
		if end > first && p.isLibjvms(given(all[:first]), given(all[:end])) {
			return first, end, true
		}
	}
	return 0, 0, false
}

// isCalculated reports whether a word can be libjvm's flag for a region, and follows the one before it by a space.
func isCalculated(text string, all []word, i int, follows bool, region int) bool {
	w := all[i]
	r, size, ok := parseRegion(w.text)
	if !ok || r != region || text[w.start:w.end] != regionFlags[region]+libjvmSize(size) {
		return false
	}
	if follows && text[all[i-1].end:w.start] != " " {
		return false
	}
	switch region {
	case directMemory:
		return size == libjvmDirectMemory
	case codeCache:
		return size == libjvmCodeCache
	case stack:
		return size == libjvmStack
	case metaspace:
		classes := (size + plan.K - 1 - classOverhead) / classSize // the most that would be written so
		return size+plan.K > classOverhead && (classOverhead+classSize*classes)/plan.K == size/plan.K
	}
	return true
}

// isLibjvms reports whether the sizes are those of libjvm's calculation, given what the user gave it.
func (p *process) isLibjvms(user, all regions) bool {
	if user[heap] != notGiven {
		return user[metaspace] == notGiven || p.hasCalculator()
	}
	if p.fitsTotal(all) {
		return true
	}
	if reserved, ok := parseJVMSize(p.get(reservedVariable)); ok {
		p.leftOut = reserved
		if p.fitsTotal(all) {
			return true
		}
		p.leftOut = 0
	}
	// It may have started from another total. What remains of one is hardly ever a whole number of M; what people write is.
	return !slices.Contains(ownLimits, p.Container.Source) && all[heap]%plan.M != 0
}

// fitsTotal reports whether regions are what libjvm makes of the container's limit. Both the heap and the metaspace, which the heap was
// calculated from, have lost what they had below a K in writing.
func (p *process) fitsTotal(all regions) bool {
	if p.Container.Limit == 0 {
		return false
	}
	rest := min(p.Container.Limit, libjvmMostMemory) - p.leftOut - p.jvm().need(all)
	return rest >= 0 && rest < 2*plan.K
}

// hasCalculator reports whether libjvm has calculated here: it doesn't without one of these variables.
func (p *process) hasCalculator() bool {
	return p.get("BPI_JVM_CLASS_COUNT") != "" || p.get(classesVariable) != ""
}

// libjvmSize writes a size as libjvm does: without what is below a K.
func libjvmSize(s plan.Size) string {
	if s < plan.K {
		return "0"
	}
	return (s - s%plan.K).String()
}

// table lists regions in libjvm's words.
func (j jvm) table(all regions) string {
	var rows []string
	row := func(region int, suffix string) {
		if all[region] != notGiven {
			rows = append(rows, regionFlags[region]+libjvmSize(all[region])+suffix)
		}
	}
	row(heap, "")
	rows = append(rows, libjvmSize(j.headRoom)+" headroom")
	row(directMemory, "")
	row(metaspace, "")
	row(codeCache, "")
	row(stack, " * "+strconv.FormatInt(int64(j.threads), 10)+" threads")
	if j.itself > 0 {
		rows = append(rows, libjvmSize(j.itself)+" of the JVM's own")
	}
	return strings.Join(rows, ", ")
}
