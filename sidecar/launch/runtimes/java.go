package runtimes

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/memory"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

const (
	javaToolOptions = "JAVA_TOOL_OPTIONS"
	maxRAM          = "-XX:MaxRAM="
)

// smallestHeap is the least that HotSpot starts with.
const smallestHeap = 2 * plan.M

// java sizes a JVM for its process's share. A heap that the user gave is never changed.
func (p *process) java(text string) (string, error) {
	if p.app {
		return p.appsJava(text)
	}
	return p.sidecarsJava(text)
}

// appsJava lowers the heap that libjvm calculated for the whole container, or has HotSpot make one of the share.
func (p *process) appsJava(text string) (string, error) {
	options := words(text)
	first, end, calculated := p.calculation(text, options)
	every := slices.Concat(options, p.laterOptions())
	_, where := lastHeap(every)
	switch {
	case where < 0 && p.reachesJVM():
		text = p.withMaxRAM(text, every)
	case where < 0:
	case calculated && where >= first && where < end:
		lowered, err := p.loweredHeap(given(options[:end]))
		if err != nil {
			return "", err
		}
		w := options[where]
		text = text[:w.start] + regionFlags[heap] + jvmSize(lowered) + text[w.end:]
		if err := p.checkInitialHeap(lowered, every); err != nil {
			return "", err
		}
	default:
		if err := p.checkHeap(every, calculated || p.hasCalculator()); err != nil {
			return "", err
		}
	}
	return text, p.checkScriptsHeap(every, calculated || p.hasCalculator())
}

// checkScriptsHeap is an error where a script that starts the JVM would give it a heap that doesn't fit.
func (p *process) checkScriptsHeap(options []word, byLibjvm bool) error {
	scripts := p.scriptOptions()
	if _, where := lastHeap(scripts); where < 0 || !byLibjvm && p.get("JAVA_HOME") == "" {
		return nil
	}
	return p.checkHeap(slices.Concat(options, scripts), byLibjvm)
}

// laterOptions returns those that go before what JAVA_TOOL_OPTIONS says. Options in files that they name aren't read.
func (p *process) laterOptions() []word {
	return slices.Concat(words(p.get("JDK_JAVA_OPTIONS")), p.javaArguments(), words(p.get("_JAVA_OPTIONS")))
}

// scriptOptions returns those that start scripts, such as Gradle's and Tomcat's, hand on to the JVM. One that is started directly has none.
func (p *process) scriptOptions() []word {
	if p.runs("java") {
		return nil
	}
	return slices.Concat(words(p.get("JAVA_OPTS")), words(p.get("CATALINA_OPTS")))
}

// lastHeap returns the size of the heap that options give, and the index of the one that does.
func lastHeap(options []word) (size plan.Size, where int) {
	return lastSize(options, regionFlags[heap], "-XX:MaxHeapSize=")
}

// lastSize returns what the last of the options with these flags says, and its index; notGiven and -1 where there is none. What can't be
// read is notGiven.
func lastSize(options []word, flags ...string) (size plan.Size, where int) {
	size, where = notGiven, -1
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
// 8 to 25 know -XX:MaxRAM.
func (p *process) withMaxRAM(text string, options []word) string {
	if _, where := lastSize(options, maxRAM); p.share == 0 || where >= 0 {
		return text
	}
	return appended(text, maxRAM+strconv.FormatInt(int64(p.share), 10))
}

// loweredHeap returns the heap that libjvm calculated for the whole container, less what is reserved; and less still where libjvm started
// from more than the container has.
func (p *process) loweredHeap(all regions) (plan.Size, error) {
	j, calculated := p.jvm(), all[heap]
	lowered := calculated + p.leftOut - p.Reserved()
	if p.share == 0 {
		if lowered < smallestHeap {
			return 0, errors.New("memory: " + p.title + ": its sidecars' " + p.Reserved().String() + " leave nothing of the calculated heap: " +
				j.table(all) + ": no limit of the container is known: set " + memory.TotalVariable)
		}
		p.notes = append(p.notes, "no limit of the container is known: the heap that was calculated is lowered all the same")
		return lowered, nil
	}
	all[heap] = notGiven
	lowered = min(lowered, p.share-j.need(all))
	if lowered < smallestHeap {
		return 0, p.misfit("non-heap memory regions require "+libjvmSize(j.need(all))+", which leaves no heap of the", j.table(all))
	}
	return lowered, nil
}

// checkInitialHeap is an error where a JVM would be told to start with more heap than it may have, which it doesn't do.
func (p *process) checkInitialHeap(most plan.Size, options []word) error {
	size, where := lastSize(options, "-Xms", "-XX:InitialHeapSize=")
	if where < 0 || size <= most {
		return nil
	}
	leave := "its sidecars' " + p.Reserved().String() + " leave: lower it or them"
	if !p.app {
		leave = "its own " + p.share.String() + " leave: lower it, or give it more"
	}
	return errors.New("memory: " + p.title + ": " + options[where].text + " is more than the heap of " + jvmSize(most) + " that " + leave +
		memory.OrWarn)
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
		return p.misfit("all memory regions require "+libjvmSize(need)+", which is greater than the", j.table(all))
	}
	return nil
}

// misfit returns the error that a JVM doesn't fit its share.
func (p *process) misfit(what, table string) error {
	origin := "its own memory"
	if p.app {
		origin = p.Container.Limit.String() + " less " + p.Reserved().String() + " for its sidecars"
	}
	return errors.New("memory: " + p.title + ": " + what + " " + p.share.String() + " available for allocation (" + origin + "): " + table +
		": give it more, lower what is given" + memory.OrWarn)
}

// jvmSize writes a size as exactly as it is.
func jvmSize(s plan.Size) string {
	if s%plan.K == 0 {
		return strconv.FormatInt(int64(s/plan.K), 10) + "K"
	}
	return strconv.FormatInt(int64(s), 10)
}
