package memory

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

const javaToolOptions = "JAVA_TOOL_OPTIONS"

// smallestHeap is the least that HotSpot starts with.
const smallestHeap = 2 * M

// java sizes a JVM for its process's share. A heap that the user gave is never changed.
func (p *process) java(text string) (string, error) {
	options := words(text)
	first, end, calculated := p.calculation(text, options)
	if !p.app && calculated {
		text = without(text, options, first, end)
		options, calculated = words(text), false
	}
	every := slices.Concat(options, p.laterOptions())
	_, where := lastHeap(every)
	switch {
	case where < 0:
		return p.withMaxRAM(text, every), nil
	case calculated && where >= first && where < end:
		lowered, err := p.loweredHeap(given(options[:end]))
		if err != nil {
			return "", err
		}
		w := options[where]
		return text[:w.start] + regionFlags[heap] + jvmSize(lowered) + text[w.end:], p.checkInitialHeap(lowered, every)
	case p.app:
		return text, p.checkHeap(every, calculated || p.hasCalculator())
	}
	return text, p.checkHeap(p.javaArguments(), false) // a heap in the environment may be meant for the app
}

// laterOptions are those that go before what JAVA_TOOL_OPTIONS says. Options in files that they name aren't read.
func (p *process) laterOptions() []word {
	return slices.Concat(words(p.get("JDK_JAVA_OPTIONS")), p.javaArguments(), words(p.get("_JAVA_OPTIONS")))
}

// lastHeap is the size of the heap that options give, and the index of the one that does.
func lastHeap(options []word) (size Size, where int) {
	return lastSize(options, regionFlags[heap], "-XX:MaxHeapSize=")
}

// lastSize is what the last of the options with these flags says, and its index; -1 where there is none. What can't be read is notGiven.
func lastSize(options []word, flags ...string) (size Size, where int) {
	where = -1
	for i, w := range options {
		for _, flag := range flags {
			value, isFlag := strings.CutPrefix(w.text, flag)
			if !isFlag {
				continue
			}
			size, where = notGiven, i
			if parsed, ok := parseJVMSize(value); ok {
				size = parsed
			}
		}
	}
	return size, where
}

// withMaxRAM has HotSpot take the share for the machine's memory, of which it makes a heap by its defaults or MaxRAMPercentage. JVMs from
// 8 to 25 know -XX:MaxRAM. One that doesn't run here is told in vain: it is only evident that there is a JVM somewhere.
func (p *process) withMaxRAM(text string, options []word) string {
	evident := p.runs("java") || p.get("JAVA_HOME") != "" || p.get(javaToolOptions) != ""
	if p.share == 0 || !evident {
		return text
	}
	for _, w := range options {
		if strings.HasPrefix(w.text, "-XX:MaxRAM=") {
			return text
		}
	}
	return appended(text, "-XX:MaxRAM="+strconv.FormatInt(int64(p.share), 10))
}

// loweredHeap is the heap that libjvm calculated for the whole container, less what is reserved; and less still where libjvm started from
// more than the container has.
func (p *process) loweredHeap(all regions) (Size, error) {
	j, calculated := p.jvm(), all[heap]
	lowered := calculated - p.Reserved()
	if p.share == 0 {
		if lowered < smallestHeap {
			return 0, fmt.Errorf("memory: %s: its sidecars' %s leave nothing of the calculated heap: %s: no limit of the container is known: set %s",
				p.name, p.Reserved(), j.table(all), TotalVariable)
		}
		p.notes = append(p.notes, "no limit of the container is known: the heap that was calculated is lowered all the same")
		return lowered, nil
	}
	all[heap] = notGiven
	lowered = min(lowered, p.share-j.need(all))
	if lowered < smallestHeap {
		return 0, p.misfit(fmt.Sprintf("non-heap memory regions require %s, which leaves no heap of the", libjvmSize(j.need(all))), j.table(all))
	}
	return lowered, nil
}

// checkInitialHeap is an error where a JVM would be told to start with more heap than it may have, which it doesn't do.
func (p *process) checkInitialHeap(most Size, options []word) error {
	size, where := lastSize(options, "-Xms", "-XX:InitialHeapSize=")
	if where < 0 || size <= most {
		return nil
	}
	return fmt.Errorf("memory: %s: %s is more than the heap of %s that its sidecars' %s leave: lower it or them, or set %s=%s",
		p.name, options[where].text, jvmSize(most), p.Reserved(), PolicyVariable, Warn)
}

// checkHeap is an error where a heap that the user gave doesn't fit the share together with the other regions that are given: libjvm
// gives them all, and counts head room and so many threads.
func (p *process) checkHeap(options []word, byLibjvm bool) error {
	size, where := lastHeap(options)
	if p.share == 0 || where < 0 || size == notGiven {
		return nil
	}
	all := given(options)
	all[heap] = size
	var j jvm
	if byLibjvm {
		j = p.jvm()
	} else {
		all[stack] = notGiven
	}
	if need := j.need(all); need > p.share {
		return p.misfit(fmt.Sprintf("all memory regions require %s, which is greater than the", libjvmSize(need)), j.table(all))
	}
	return nil
}

// misfit is the error that a JVM doesn't fit its share.
func (p *process) misfit(what, table string) error {
	origin := "its own memory"
	if p.app {
		origin = fmt.Sprintf("%s less %s for its sidecars", p.Container.Limit, p.Reserved())
	}
	return fmt.Errorf("memory: %s: %s %s available for allocation (%s): %s: give it more, lower what is given, or set %s=%s",
		p.name, what, p.share, origin, table, PolicyVariable, Warn)
}

// without takes options[first:end] out of the text, and the space by which they were appended to it.
func without(text string, options []word, first, end int) string {
	from, to := options[first].start, options[end-1].end
	switch {
	case from > 0:
		from--
	case to < len(text):
		to++
	}
	return text[:from] + text[to:]
}

// jvmSize writes a size as exactly as it is.
func jvmSize(s Size) string {
	if s%K == 0 {
		return strconv.FormatInt(int64(s/K), 10) + "K"
	}
	return strconv.FormatInt(int64(s), 10)
}
