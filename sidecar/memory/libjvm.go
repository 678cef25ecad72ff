package memory

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
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
	libjvmDirectMemory = 10 * M
	libjvmCodeCache    = 240 * M
	libjvmStack        = 1 * M
	libjvmThreads      = 250
	libjvmMostMemory   = 64 * T
	classOverhead      = 14_000_000 // of the metaspace
	classSize          = 5_800
)

// libjvmSources are the limits that libjvm itself sees; where there are none it takes the memory that the machine has available.
var libjvmSources = []string{"/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory.max"}

// notGiven is the size of a region without a flag.
const notGiven Size = -1

// regions are the sizes of a JVM's memory regions.
type regions [regionCount]Size

// parseRegion reads the flag of a region as libjvm does: a whole number and k, m, g or t, in any case, or nothing for bytes.
func parseRegion(option string) (region int, size Size, ok bool) {
	for r, flag := range regionFlags {
		if value, isFlag := strings.CutPrefix(option, flag); isFlag {
			size, ok := parseJVMSize(value)
			return r, size, ok
		}
	}
	return 0, 0, false
}

func parseJVMSize(s string) (Size, bool) {
	digits := strings.TrimRight(s, "kKmMgGtT")
	unit := B
	switch strings.ToUpper(s[len(digits):]) {
	case "":
	case "K":
		unit = K
	case "M":
		unit = M
	case "G":
		unit = G
	case "T":
		unit = T
	default:
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 63)
	if err != nil || n > math.MaxInt64/uint64(unit) {
		return 0, false
	}
	return Size(n) * unit, true
}

// given are the regions that options give; the last of a flag counts.
func given(options []word) regions {
	all := regions{notGiven, notGiven, notGiven, notGiven, notGiven}
	for _, w := range options {
		if region, size, ok := parseRegion(w.text); ok {
			all[region] = size
		}
	}
	return all
}

// jvm is what libjvm's arithmetic takes from the environment besides flags.
type jvm struct {
	headRoom Size // of the total
	threads  Size
}

func (p *process) jvm() jvm {
	percent := p.number("BPL_JVM_HEAD_ROOM", p.number("BPL_JVM_HEADROOM", 0))
	return jvm{
		headRoom: Size(float64(percent) / 100 * float64(p.Container.Limit)),
		threads:  Size(p.number("BPL_JVM_THREAD_COUNT", libjvmThreads)),
	}
}

func (p *process) number(variable string, otherwise int) int {
	if n, err := strconv.ParseUint(p.get(variable), 10, 31); err == nil {
		return int(n)
	}
	return otherwise
}

// need is the memory that regions take together with head room. What isn't given counts for nothing.
func (j jvm) need(all regions) Size {
	sum := float64(j.headRoom) // a float64 doesn't overflow, and is exact for whatever a machine has
	for region, size := range all {
		switch {
		case size == notGiven:
		case region == stack:
			sum += float64(size) * float64(j.threads)
		default:
			sum += float64(size)
		}
	}
	return Size(min(sum, math.MaxInt64/2))
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

// isCalculated says whether a word can be libjvm's flag for a region, and follows the one before it by a space.
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
		classes := (size + K - 1 - classOverhead) / classSize // the most that would be written so
		return size+K > classOverhead && (classOverhead+classSize*classes)/K == size/K
	}
	return true
}

// isLibjvms says whether the sizes are those of libjvm's calculation, given what the user gave it.
func (p *process) isLibjvms(user, all regions) bool {
	if user[heap] != notGiven {
		return user[metaspace] == notGiven || p.hasCalculator()
	}
	if p.Container.Limit > 0 {
		total := min(p.Container.Limit, libjvmMostMemory)
		// Both the heap and the metaspace, which the heap was calculated from, have lost what they had below a K in writing.
		if rest := total - p.jvm().need(all); rest >= 0 && rest < 2*K {
			return true
		}
	}
	// It may have started from another total. What remains of one is hardly ever a whole number of M; what people write is.
	return !slices.Contains(libjvmSources, p.Container.Source) && all[heap]%M != 0
}

// hasCalculator says whether libjvm has calculated here: it doesn't without one of these variables.
func (p *process) hasCalculator() bool {
	return p.get("BPI_JVM_CLASS_COUNT") != "" || p.get("BPL_JVM_LOADED_CLASS_COUNT") != ""
}

// libjvmSize is a size as libjvm writes it: without what is below a K.
func libjvmSize(s Size) string {
	if s < K {
		return "0"
	}
	return (s - s%K).String()
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
	row(stack, fmt.Sprintf(" * %d threads", j.threads))
	return strings.Join(rows, ", ")
}
