package runtimes

import (
	"slices"
	"strconv"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// The sizes of a sidecar's JVM, which is a small one. Where each number is from:
//   - direct memory, and that there are two arenas of malloc: libjvm, which gives the app's JVM the same;
//   - metaspace and code cache are parts of the share, so that there are no steps in between; the code cache is at most libjvm's, which is
//     HotSpot's own default, and the metaspace what some 40,000 classes take by libjvm's arithmetic;
//   - threads: those of a small HTTP server, of which nobody needs 250 as libjvm gives; half a megabyte is half of HotSpot's default;
//   - what the JVM takes besides was measured with all regions full, in JDK 8 to 25 (scripts/memory-matrix): JDK 11 takes the most, 80M
//     beside 57M of metaspace and 28M of code. The symbols grow with the classes, and what the compiler needs with the code.
const (
	sidecarThreads = 40
	sidecarStack   = 512 * plan.K
	sidecarArenas  = "2"

	mostMetaspace = 256 * plan.M // of a quarter of the share
	mostCodeCache = 240 * plan.M // of an eighth
	itselfAtLeast = 40 * plan.M  // and a third of the metaspace, and half of the code cache
	usefulHeap    = 16 * plan.M  // the least that is worth starting with
)

// sidecarsJava sizes a sidecar's JVM as libjvm does the app's, for the sidecar's share. The sidecar's own flags replace each region. One
// whose command doesn't name java may be no JVM, so what doesn't fit is then no error.
func (p *process) sidecarsJava(text string) (string, error) {
	if p.share == 0 || !p.reachesJVM() {
		return text, nil
	}
	options := slices.Concat(words(text), p.laterOptions(), p.scriptOptions())
	j, all, problem := p.smallJVM(options)
	if problem != nil {
		if p.namesJVM() {
			return "", problem
		}
		return p.withMaxRAM(text, options), nil
	}
	own := given(options)
	if _, where := lastHeap(options); where >= 0 {
		own[heap] = all[heap]
	}
	for region, size := range all {
		if size != own[region] {
			text = appended(text, regionFlags[region]+libjvmSize(size))
		}
	}
	if givesPercentage(options) {
		text = p.withMaxRAM(text, options)
	}
	if need := j.need(all); all[heap] != notGiven && need > p.share {
		p.notes = append(p.notes, "its JVM may take "+libjvmSize(need)+", more than its "+p.share.String()+": "+j.table(all))
	}
	return text, nil
}

// mallocArenas has the C library of a sidecar's JVM keep few arenas, as Paketo's JVM buildpacks have that of the app's: each is memory
// that the JVM has freed and the kernel doesn't get back, and by default there may be eight for each of the machine's cores.
func (p *process) mallocArenas(value string) (string, error) {
	if value != "" || p.app || p.share == 0 || !p.reachesJVM() {
		return value, nil
	}
	return sidecarArenas, nil
}

// smallJVM returns the regions of a sidecar's JVM: those that its options give, and the others. A heap that the options give, if only as
// a percentage, isn't calculated.
func (p *process) smallJVM(options []word) (j jvm, all regions, problem error) {
	j = jvm{
		headRoom: percentOf(p.share, number(p.Own[headRoomVariable], 0)),
		threads:  plan.Size(number(p.Own[threadsVariable], sidecarThreads)),
	}
	all = given(options)
	small := regions{directMemory: libjvmDirectMemory, metaspace: p.metaspace(), codeCache: min(p.share/8, mostCodeCache), stack: sidecarStack}
	for region, size := range small {
		if all[region] == notGiven && region != heap {
			all[region] = size - size%plan.K
		}
	}
	j.itself = itselfAtLeast + all[metaspace]/3 + all[codeCache]/2
	size, where := lastHeap(options)
	all[heap] = size // notGiven where there is none
	switch {
	case where >= 0:
		return j, all, p.checkHeap(options, false)
	case givesPercentage(options):
		return j, all, nil
	}
	rest := p.share - j.need(all)
	if rest < usefulHeap {
		return j, all, p.misfit("non-heap memory regions require "+libjvmSize(j.need(all))+", which leaves less than "+
			usefulHeap.String()+" of heap of the", j.table(all))
	}
	all[heap] = rest - rest%plan.K
	return j, all, p.checkInitialHeap(all[heap], options)
}

// metaspace returns what libjvm gives for a number of classes that the sidecar says, or else a part of the share.
func (p *process) metaspace() plan.Size {
	if classes := number(p.Own[classesVariable], -1); classes >= 0 {
		return classOverhead + classSize*plan.Size(classes)
	}
	return min(p.share/4, mostMetaspace)
}

// givesPercentage reports whether options say in another way than by its size what the heap is.
func givesPercentage(options []word) bool {
	return slices.ContainsFunc(options, func(w word) bool {
		return strings.HasPrefix(w.text, "-XX:MaxRAM") // Percentage, Fraction or MaxRAM itself
	})
}

// SidecarJVM returns the regions of a sidecar's JVM in words, such as "heap 100M, metaspace 64M, …"; nothing where the command doesn't
// name java or no memory is declared. The process's Env is what it declares itself. It is an error where they don't fit.
func SidecarJVM(memoryShare plan.Size, own Process) (string, error) {
	p := process{Process: own, title: own.Name, share: memoryShare}
	if p.share == 0 || !p.namesJVM() {
		return "", nil
	}
	j, all, err := p.smallJVM(slices.Concat(words(p.get(javaToolOptions)), p.laterOptions(), p.scriptOptions()))
	if err != nil {
		return "", err
	}
	return j.sentence(all), nil
}

// sentence lists regions in words.
func (j jvm) sentence(all regions) string {
	parts := []string{"heap as its options say"}
	if all[heap] != notGiven {
		parts[0] = "heap " + all[heap].Short()
	}
	parts = append(parts,
		"metaspace "+all[metaspace].Short(),
		"code cache "+all[codeCache].Short(),
		strconv.FormatInt(int64(j.threads), 10)+" stacks of "+all[stack].Short(),
		"direct memory "+all[directMemory].Short(),
		"the JVM's own "+j.itself.Short())
	if j.headRoom > 0 {
		parts = append(parts, "head room "+j.headRoom.Short())
	}
	return strings.Join(parts, ", ")
}
